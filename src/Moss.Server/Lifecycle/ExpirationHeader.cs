using System.Runtime.CompilerServices;
using Moss.Protocol.Xml;
using Moss.Server.Pipeline;
using Moss.Storage.Lifecycle;
using Moss.Storage.Objects;

namespace Moss.Server.Lifecycle;

/// <summary><c>x-oss-expiration</c>: when a lifecycle rule will expire the current object, and which one.</summary>
static class ExpirationHeader
{
    // By the stored document itself: a bucket's rules are parsed once for as long as reading them answers the same bytes.
    static readonly ConditionalWeakTable<byte[], LifecyclePolicy> Policies = [];

    /// <summary>Says it where a rule matches the object that was read or written.</summary>
    public static async ValueTask SetAsync(OssContext context, ObjectView view, CancellationToken ct)
    {
        var record = view.Link ?? view.Record;
        if (record.IsCurrent
            && await context.Storage.Buckets.FindConfigurationAsync(context.Bucket, LifecycleRunner.ConfigurationName, ct) is { } document
            && Policies.GetValue(document, Parse).ExpiryOf(record) is { } expiry)
        {
            context.Response.Headers["x-oss-expiration"] =
                $"expiry-date=\"{HeaderText.Date(expiry.At)}\", rule-id=\"{UrlEncoding.Encode(expiry.RuleId)}\"";
        }
    }

    static LifecyclePolicy Parse(byte[] document) => new(XmlDocuments.Parse<LifecycleConfiguration>(document));
}
