using Moss.Protocol.Errors;
using Moss.Protocol.Xml;
using Moss.Server.AccessControl.Policies;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Buckets;

/// <summary>
/// Put-, Get- and DeleteBucketOverwriteConfig (https://help.aliyun.com/zh/oss/developer-reference/putbucketoverwriteconfig). What the rules do stands in
/// <see cref="BucketRules.OverwriteProtection"/>.
/// </summary>
static class BucketOverwriteConfig
{
    /// <summary>The API's limits.</summary>
    const int MaxRules = 100, MaxAffixLength = 1023;

    public static readonly BucketDocument<OverwriteConfiguration> Document = new("overwriteConfig")
    {
        Missing = OssErrors.NoSuchBucketOverwriteConfig,
        Accept = static (context, document, _) =>
        {
            if (document.Rules.Count is 0 or > MaxRules)
            {
                throw OssErrors.Xml($"there must be 1 to {MaxRules} Rules.");
            }

            var rules = document.Rules.Select(rule => Checked(context, rule)).ToList();
            return rules.DistinctBy(rule => rule.Id).Count() < rules.Count
                ? throw OssErrors.Argument("ID", rules[0].Id, "Rules must have IDs of their own.")
                : new(new OverwriteConfiguration(rules));
        },
    };

    static OverwriteRule Checked(OssContext context, OverwriteRule rule)
    {
        if (rule.Action != "forbid")
        {
            throw OssErrors.Argument("Action", rule.Action, "Action must be forbid.");
        }

        if (rule.Prefix.Length > MaxAffixLength || rule.Suffix.Length > MaxAffixLength)
        {
            throw OssErrors.Argument("Prefix", rule.Prefix, $"Prefix and Suffix must not be longer than {MaxAffixLength} characters.");
        }

        if (rule.Principals.FirstOrDefault(text => PrincipalPattern.ParseForBucket(text) is null) is { } unknown)
        {
            throw OssErrors.Argument("Principal", unknown, "Principal must be a uid, arn:sts::{uid}:assumed-role/{role}/{session} or *.");
        }

        return rule.Id.Length > 0 ? rule : rule with { Id = context.Services.Ids.NewRequestId() };
    }
}
