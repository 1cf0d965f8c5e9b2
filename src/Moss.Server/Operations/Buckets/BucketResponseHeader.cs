using Moss.Protocol.Errors;
using Moss.Protocol.Xml;

namespace Moss.Server.Operations.Buckets;

/// <summary>
/// Put-, Get- and DeleteBucketResponseHeader (the official Go SDK's bucket_responseheader.go is the only public word of it). What the rules do stands in
/// <see cref="BucketRules.HiddenHeaders"/>.
/// </summary>
static class BucketResponseHeader
{
    /// <summary>No limit is documented; more would be no use and cost each request.</summary>
    const int MaxRules = 100;

    public static readonly BucketDocument<ResponseHeaderConfiguration> Document = new("responseHeader")
    {
        Missing = OssErrors.NoSuchResponseHeaderConfiguration,
        Accept = static (_, document, _) =>
        {
            foreach (var rule in document.Rules)
            {
                if (rule.Name.Length == 0 || rule.Operations.Count == 0 || rule.HideHeaders.Count == 0 || rule.HideHeaders.Contains(""))
                {
                    throw OssErrors.Xml("each Rule needs a Name, an Operation and a Header.");
                }
            }

            return document.Rules.Count is 0 or > MaxRules ? throw OssErrors.Xml($"there must be 1 to {MaxRules} Rules.")
                : document.Rules.DistinctBy(rule => rule.Name).Count() < document.Rules.Count
                    ? throw OssErrors.Argument("Name", document.Rules[0].Name, "Rules must have names of their own.")
                : new(document);
        },
    };
}
