using System.Collections.Frozen;

namespace Moss.Server.AccessControl.Policies;

/// <summary>
/// The condition keys that policies may name. A key that nobody knows is refused when the policy is stored: a Deny that silently never
/// applies would be a hole.
/// </summary>
static class ConditionKeys
{
    public const string SourceIp = "acs:SourceIp";
    public const string SourceVpc = "acs:SourceVpc";
    public const string UserAgent = "acs:UserAgent";
    public const string CurrentTime = "acs:CurrentTime";
    public const string SecureTransport = "acs:SecureTransport";
    public const string AccessId = "acs:AccessId";
    public const string Prefix = "oss:Prefix";
    public const string Delimiter = "oss:Delimiter";
    public const string BucketAcl = "oss:x-oss-acl";
    public const string ObjectAcl = "oss:x-oss-object-acl";
    public const string BucketTag = "oss:BucketTag/";
    public const string ExistingObjectTag = "oss:ExistingObjectTag/";
    public const string RequestObjectTag = "oss:RequestObjectTag/";
    public const string ExternalId = "sts:ExternalId";

    // The last rows can be written and are evaluated as absent: this server has no virtual networks, second factors or access points.
    static readonly FrozenDictionary<string, string> Plain = new[]
    {
        SourceIp, UserAgent, CurrentTime, SecureTransport, AccessId, Prefix, Delimiter, BucketAcl, ObjectAcl,
        SourceVpc, "acs:MFAPresent", "oss:object-remaining-retention-days",
        "oss:DataAccessPointArn", "oss:DataAccessPointAccount", "oss:AccessPointNetworkOrigin",
    }.ToFrozenDictionary(key => key, StringComparer.OrdinalIgnoreCase);

    static readonly string[] WithTag = [BucketTag, ExistingObjectTag, RequestObjectTag];

    /// <summary>The key in its own spelling (the name of a tag stays as written), or null when it is not known.</summary>
    public static string? Canonical(string key, PolicyKind kind)
    {
        if (Plain.TryGetValue(key, out var plain))
        {
            return plain;
        }

        if (kind == PolicyKind.Trust && string.Equals(key, ExternalId, StringComparison.OrdinalIgnoreCase))
        {
            return ExternalId;
        }

        foreach (var prefix in WithTag)
        {
            if (key.Length > prefix.Length && key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                return prefix + key[prefix.Length..];
            }
        }

        return null;
    }

    /// <summary>What must be looked up to know the value of a key.</summary>
    public static PolicyNeeds Needs(string canonicalKey) =>
        canonicalKey.StartsWith(BucketTag, StringComparison.Ordinal) ? PolicyNeeds.BucketTags
        : canonicalKey.StartsWith(ExistingObjectTag, StringComparison.Ordinal) ? PolicyNeeds.ExistingObjectTags
        : PolicyNeeds.None;
}
