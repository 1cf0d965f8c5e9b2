using System.Collections.Frozen;

namespace Moss.Protocol.Signing;

/// <summary>
/// The query parameters that a V1 signature covers: the union of the lists of every official SDK, and whatever begins
/// with <c>x-oss-</c>.
/// </summary>
/// <remarks>
/// First-generation SDKs leave an <c>x-oss-</c> parameter that they do not know out of the signature, so an unknown one
/// is forgiven (and reported in <see cref="AuthenticationResult.Uncovered"/>). Therefore a parameter beginning with
/// <c>x-oss-</c> may have an effect on a request only if it stands in this list.
/// </remarks>
public static class SignedSubResources
{
    /// <summary>What every parameter of the service itself begins with.</summary>
    public const string OssPrefix = "x-oss-";

    static readonly FrozenSet<string> Union = FrozenSet.Create(
        StringComparer.Ordinal,
        // Every SDK.
        "acl", "append", "bucketInfo", "delete", "location", "objectMeta", "partNumber", "position",
        "response-cache-control", "response-content-disposition", "response-content-encoding",
        "response-content-language", "response-content-type", "response-expires", "restore", "security-token", "stat",
        "symlink", "tagging", "uploadId", "uploads",
        // Every first-generation SDK.
        "comp", "cors", "endTime", "lifecycle", "live", "logging", "qos", "referer", "startTime", "status", "vod",
        "website", "x-oss-process",
        // All but the C SDK.
        "callback", "callback-var", "continuation-token", "versionId", "versioning", "versions",
        // Most.
        "sequential", "encryption", "inventory", "inventoryId", "policy", "requestPayment", "worm", "wormId",
        "wormExtend", "x-oss-request-payer", "x-oss-traffic-limit", "qosInfo", "regionList",
        "asyncFetch", "cname", "metaQuery", "replication", "replicationLocation", "replicationProgress",
        "resourceGroup", "style", "styleName", "transferAcceleration", "x-oss-ac-forward-allow",
        "x-oss-ac-source-ip", "x-oss-ac-subnet-mask", "x-oss-ac-vpc-id", "x-oss-async-process",
        // Some.
        "img", "udf", "udfApplication", "udfApplicationLog", "udfImage", "udfImageDesc", "udfName", "cloudboxes",
        "rtc", "udfId", "responseHeader", "withHashContext", "x-oss-enable-md5", "x-oss-enable-sha1",
        "x-oss-enable-sha256", "x-oss-hash-ctx", "x-oss-md5-ctx",
        "accessPoint", "accessPointPolicy", "bucketArchiveDirectRead", "httpsConfig", "publicAccessBlock",
        "redundancyTransition", "x-oss-redundancy-transition-taskid", "x-oss-target-redundancy-type",
        "x-oss-write-get-object-response",
        "policyStatus", "processConfiguration", "seal", "vip", "vpcip", "x-oss-delete", "x-oss-dir", "x-oss-rename",
        "group", "link", "objectInfo", "qosRequester", "requesterQosInfo", "resourcePool", "resourcePoolBuckets",
        "resourcePoolInfo", "x-oss-access-point-name", "x-oss-security-token", "x-oss-sign-origin-only",
        // Single operations of the second generation.
        "accessPointConfigForObjectProcess", "accessPointForObjectProcess", "accessPointPolicyForObjectProcess",
        "cleanRestoredObject", "legalHold", "objectWorm", "overwriteConfig", "regions", "retention",
        "userDefinedLogFieldsConfig");

    /// <summary>Every name of the union.</summary>
    public static IReadOnlyCollection<string> All => Union;

    /// <summary>Whether the union names it. Names compare with case.</summary>
    public static bool Contains(string name) => Union.Contains(name);

    /// <summary>Whether a first-generation SDK may have left it out: <c>x-oss-</c> something that nobody's list has.</summary>
    internal static bool IsUnknownOss(string name) =>
        name.StartsWith(OssPrefix, StringComparison.Ordinal) && !Union.Contains(name);
}
