using System.Buffers;
using Moss.Protocol.Errors;
using Moss.Protocol.Xml;

namespace Moss.Server.Operations.Buckets;

/// <summary>
/// Put-, Get- and DeleteBucketCors (https://help.aliyun.com/zh/oss/developer-reference/putbucketcors). A rule is taken as a whole or refused; what the rules do
/// stands in <see cref="BucketRules.CrossOrigin"/>.
/// </summary>
static class BucketCors
{
    /// <summary>The current guide; older pages say 10.</summary>
    public const int MaxRules = 20;

    /// <summary>The longest document that the API takes.</summary>
    const int MaxBytes = 16 * 1024;

    const long MaxMaxAgeSeconds = 999_999_999;

    static readonly SearchValues<char> Token =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    static readonly string[] Methods = ["GET", "PUT", "DELETE", "POST", "HEAD"];

    public static readonly BucketDocument<CorsConfiguration> Document = new("cors")
    {
        Missing = OssErrors.NoSuchCORSConfiguration,
        MaxBytes = MaxBytes,
        Accept = static (_, document, _) =>
        {
            Check(document);
            return new(document);
        },
    };

    static void Check(CorsConfiguration document)
    {
        if (document.Rules.Count == 0)
        {
            throw OssErrors.Xml("there is no CORSRule.", "0034-00000002");
        }

        if (document.Rules.Count > MaxRules)
        {
            throw new OssException(OssErrors.CORSRuleBeyondLimit);
        }

        foreach (var rule in document.Rules)
        {
            Check(rule);
        }
    }

    static void Check(CorsRule rule)
    {
        if (rule.AllowedOrigins.Count == 0 || rule.AllowedOrigins.Contains(""))
        {
            throw OssErrors.Xml("a CORSRule has no AllowedOrigin.", "0034-00000008");
        }

        if (rule.AllowedOrigins.FirstOrDefault(HasTwoStars) is { } origin)
        {
            throw OssErrors.Xml($"the AllowedOrigin {origin} has more than one *.", "0034-00000009");
        }

        if (rule.AllowedMethods.Count == 0 || rule.AllowedMethods.Any(method => !Methods.Contains(method)))
        {
            throw OssErrors.Xml("each AllowedMethod must be GET, PUT, DELETE, POST or HEAD, and there must be one.", "0034-00000011");
        }

        if (rule.AllowedHeaders.FirstOrDefault(header => header.Length == 0 || HasTwoStars(header)) is { } allowed)
        {
            throw OssErrors.Xml($"the AllowedHeader '{allowed}' is empty or has more than one *.");
        }

        if (rule.ExposeHeaders.FirstOrDefault(header => header.Length == 0 || header.Contains('*') || header.AsSpan().ContainsAnyExcept(Token)) is { } exposed)
        {
            throw OssErrors.Xml($"the ExposeHeader '{exposed}' is not the name of a header; no * is allowed.", "0034-00000013");
        }

        if (rule.MaxAgeSeconds is < 0 or > MaxMaxAgeSeconds)
        {
            throw OssErrors.Xml($"MaxAgeSeconds must be between 0 and {MaxMaxAgeSeconds}.");
        }
    }

    static bool HasTwoStars(string text) => text.AsSpan().Count('*') > 1;
}
