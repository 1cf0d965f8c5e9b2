using Moss.Protocol.Errors;
using Moss.Protocol.Limits;
using Moss.Protocol.Xml;
using Moss.Server.AccessControl;
using Moss.Server.Pipeline;
using Moss.Storage;
using Moss.Storage.Lifecycle;

namespace Moss.Server.Operations.Buckets;

/// <summary>
/// Put-, Get- and DeleteBucketLifecycle. PUT replaces every rule; rules without an ID get one. They are carried out once a day: see the storage's lifecycle
/// runner. Rules by access time need the access monitor; they are kept and served, and never act.
/// </summary>
static class BucketLifecycle
{
    /// <summary>Random bytes of an ID that the server makes: 32 hex digits.</summary>
    const int IdBytes = 16;

    public static readonly BucketDocument<LifecycleConfiguration> Document = new(LifecycleRunner.ConfigurationName)
    {
        Missing = OssErrors.NoSuchLifecycle,
        MaxBytes = OssLimits.MaxLifecycleBodyBytes,
        Accept = AcceptAsync,
    };

    static async ValueTask<LifecycleConfiguration> AcceptAsync(OssContext context, LifecycleConfiguration document, CancellationToken ct)
    {
        const string name = "x-oss-allow-same-action-overlap";
        var overlap = context.GivenHeader(name) switch
        {
            null => false,
            var text when text.Equals("true", StringComparison.OrdinalIgnoreCase) => true,
            var text when text.Equals("false", StringComparison.OrdinalIgnoreCase) => false,
            var text => throw OssErrors.Argument(name, text, $"{name} must be true or false."),
        };
        LifecycleCheck.Check(document, overlap);
        var byAccess = document.Rules.Any(LifecycleCheck.IsByAccessTime);
        if (byAccess && !await IsMonitoredAsync(context, ct))
        {
            throw OssErrors.Argument("IsAccessTime", "true", "Rules by access time need the access monitor of the bucket to be enabled.");
        }

        var now = context.Services.Time.GetUtcNow().ToUnixTimeSeconds();
        return new([.. document.Rules.Select(rule => rule with
        {
            Id = rule.Id.Length == 0 ? IdGenerator.RandomHex(IdBytes) : rule.Id,
            AtimeBase = LifecycleCheck.IsByAccessTime(rule) ? now : null,
        })]);
    }

    static async ValueTask<bool> IsMonitoredAsync(OssContext context, CancellationToken ct) => BucketFactsReader.IsSet(
        await context.Storage.Buckets.FindConfigurationAsync(context.Bucket, "accessmonitor", ct), "Status", "Enabled");
}
