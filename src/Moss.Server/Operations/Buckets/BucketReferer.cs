using Moss.Protocol.Errors;
using Moss.Protocol.Limits;
using Moss.Protocol.Xml;

namespace Moss.Server.Operations.Buckets;

/// <summary>
/// Put- and GetBucketReferer (https://help.aliyun.com/zh/oss/developer-reference/putbucketreferer). There is no Delete: an empty list takes the rules back.
/// What they do stands in <see cref="BucketRules.Hotlinking"/>.
/// </summary>
static class BucketReferer
{
    /// <summary>No page's address is longer in practice; it bounds what a check costs.</summary>
    const int MaxLength = 1024;

    public static readonly BucketDocument<RefererConfiguration> Document = new("referer")
    {
        Default = new(),
        Accept = static (_, document, _) =>
        {
            // The console separates entries by commas, some SDKs send them so.
            var checkedDocument = document with { RefererList = Check(document.RefererList), RefererBlacklist = Check(document.RefererBlacklist) };
            return new(checkedDocument);
        },
    };

    static string[] Check(IReadOnlyList<string> referers)
    {
        if (referers.FirstOrDefault(referer => referer.Length > MaxLength) is { } tooLong)
        {
            throw OssErrors.Argument("Referer", tooLong, $"A Referer must not be longer than {MaxLength} characters.");
        }

        string[] all = [.. referers.SelectMany(referer => referer.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];
        return all.Length <= OssLimits.MaxListTexts ? all : throw OssErrors.Xml($"there are more than {OssLimits.MaxListTexts} elements Referer.");
    }
}
