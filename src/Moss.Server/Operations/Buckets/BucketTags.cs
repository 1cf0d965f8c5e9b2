using System.Text;
using Microsoft.AspNetCore.Http;
using Moss.Protocol.Errors;
using Moss.Protocol.Limits;
using Moss.Protocol.Xml;
using Moss.Server.AccessControl;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Buckets;

/// <summary>
/// Put-, Get- and DeleteBucketTags. Policies see the tags as <c>oss:BucketTag/key</c>. A bucket without tags answers an empty TagSet; DELETE with
/// <c>tagging=k1,k2</c> removes those and keeps the others.
/// </summary>
static class BucketTags
{
    public static readonly BucketDocument<Tagging> Document = new(BucketFactsReader.TaggingName)
    {
        Default = new([]),
        Accept = static (_, tagging, _) =>
        {
            Check(tagging.Tags);
            return new(tagging);
        },
    };

    public static async Task DeleteAsync(OssContext context, CancellationToken ct)
    {
        var named = (context.Query["tagging"] ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        await context.Storage.Buckets.UpdateConfigurationAsync(
            context.Bucket, BucketFactsReader.TaggingName, stored => named.Length == 0 || stored is null ? null : Without(stored, named), ct);
        await context.Empty(StatusCodes.Status204NoContent);
    }

    static byte[]? Without(byte[] stored, string[] named)
    {
        var left = XmlDocuments.Parse<Tagging>(stored).Tags.Where(tag => !named.Contains(tag.Key, StringComparer.Ordinal)).ToList();
        return left.Count == 0 ? null : XmlDocuments.ToUtf8(new Tagging(left));
    }

    static void Check(IReadOnlyList<KeyValuePair<string, string>> tags)
    {
        if (tags.Count > OssLimits.MaxBucketTags)
        {
            throw new OssException(OssErrors.TooManyTags);
        }

        foreach (var (key, value) in tags)
        {
            if (key.Length == 0 || Encoding.UTF8.GetByteCount(key) > OssLimits.MaxBucketTagKeyBytes
                || Encoding.UTF8.GetByteCount(value) > OssLimits.MaxBucketTagValueBytes
                || ReservedPrefixes.Any(prefix => key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
                || key.Any(char.IsControl) || value.Any(char.IsControl))
            {
                throw new OssException(OssErrors.InvalidTag, details: [new("TagKey", key), new("TagValue", value)]);
            }
        }

        if (tags.Select(tag => tag.Key).Distinct(StringComparer.Ordinal).Count() != tags.Count)
        {
            throw new OssException(OssErrors.RepeatedTags);
        }
    }

    static readonly string[] ReservedPrefixes = ["http://", "https://", "Aliyun"];
}
