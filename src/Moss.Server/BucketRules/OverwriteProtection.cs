using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Server.AccessControl.Policies;
using Moss.Server.Operations.Buckets;
using Moss.Server.Pipeline;

namespace Moss.Server.BucketRules;

/// <summary>
/// Writes that a rule of the bucket forbids to overwrite are made as if they had said so themselves, by <c>x-oss-forbid-overwrite</c>; so the storage decides
/// in the same transaction, and a bucket with versions, where nothing is lost, is not held to it.
/// </summary>
static class OverwriteProtection
{
    const string Header = "x-oss-forbid-overwrite";

    public static async ValueTask ApplyAsync(OssContext context, CancellationToken ct)
    {
        if (context.Operation.Name is "PutObject" or "CopyObject" or "PutSymlink" or "InitiateMultipartUpload" or "CompleteMultipartUpload")
        {
            await ApplyAsync(context, context.Key, ct);
        }
    }

    /// <summary>The same for a key that stands in a form.</summary>
    public static async ValueTask ApplyAsync(OssContext context, ObjectKey key, CancellationToken ct)
    {
        if (await BucketOverwriteConfig.Document.FindAsync(context, ct) is { } rules && rules.Rules.Any(rule => Holds(rule, key.Value, context.Caller)))
        {
            context.Http.Request.Headers[Header] = "true";
        }
    }

    static bool Holds(OverwriteRule rule, string key, Caller caller) =>
        key.StartsWith(rule.Prefix, StringComparison.Ordinal) && key.EndsWith(rule.Suffix, StringComparison.Ordinal)
        && (rule.Principals.Count == 0 || Includes(rule.Principals, caller.Identity));

    // No owner is left out: a rule that names everybody protects from everybody.
    static bool Includes(IEnumerable<string> principals, Identity identity) =>
        new PrincipalSet([.. principals.Select(text => PrincipalPattern.ParseForBucket(text)!.Value)], IsNot: false)
            .Includes(identity, ownerUid: "", hasConditions: true);
}
