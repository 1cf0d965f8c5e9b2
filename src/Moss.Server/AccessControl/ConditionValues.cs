using System.Buffers;
using System.Globalization;
using Moss.Protocol.Errors;
using Moss.Protocol.Limits;
using Moss.Protocol.Xml;
using Moss.Server.AccessControl.Policies;
using Moss.Server.Operations.Headers;
using Moss.Server.Pipeline;

namespace Moss.Server.AccessControl;

/// <summary>The values of condition keys that a request has.</summary>
static class ConditionValues
{
    /// <summary>Those that any request has, whatever it asks.</summary>
    public static Dictionary<string, string> OfConnection(OssContext context)
    {
        var http = context.Http;
        var address = http.Connection.RemoteIpAddress;
        var values = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [ConditionKeys.SourceIp] = (address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address)?.ToString() ?? "",
            [ConditionKeys.SecureTransport] = http.Request.IsHttps ? "true" : "false",
            [ConditionKeys.CurrentTime] = context.Services.Time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
        };
        Set(values, ConditionKeys.UserAgent, context.Header("User-Agent"));
        Set(values, ConditionKeys.AccessId, context.Caller.AccessKeyId);
        return values;
    }

    /// <summary>All of them.</summary>
    public static async ValueTask<Dictionary<string, string>> GatherAsync(OssContext context, BucketFacts? facts, CancellationToken ct)
    {
        var values = OfConnection(context);
        Set(values, ConditionKeys.BucketAcl, context.GivenHeader("x-oss-acl"));
        Set(values, ConditionKeys.ObjectAcl, context.GivenHeader("x-oss-object-acl"));
        if (context.Operation.Name is "ListObjects" or "ListObjectsV2" or "ListObjectVersions" or "ListMultipartUploads")
        {
            Set(values, ConditionKeys.Prefix, context.Query["prefix"]);
            Set(values, ConditionKeys.Delimiter, context.Query["delimiter"]);
        }

        Add(values, ConditionKeys.BucketTag, facts?.Tags ?? []);
        Add(values, ConditionKeys.ExistingObjectTag, facts?.Object?.Attributes.Tags ?? []);
        Add(values, ConditionKeys.RequestObjectTag, await RequestTagsAsync(context, ct));
        return values;
    }

    static void Set(Dictionary<string, string> values, string key, string? value)
    {
        if (value is not null)
        {
            values[key] = value;
        }
    }

    static void Add(Dictionary<string, string> values, string prefix, IEnumerable<KeyValuePair<string, string>> tags)
    {
        foreach (var (key, value) in tags)
        {
            values[prefix + key] = value;
        }
    }

    static async ValueTask<IEnumerable<KeyValuePair<string, string>>> RequestTagsAsync(OssContext context, CancellationToken ct)
    {
        if (context.Operation.Name == "PutObjectTagging")
        {
            return await PeekTagsAsync(context, ct);
        }

        return context.GivenHeader("x-oss-tagging") is { } header ? ObjectTags.ParseHeader(header) : [];
    }

    // The tags are the body. It is read ahead and left where it is for the handler.
    static async ValueTask<IEnumerable<KeyValuePair<string, string>>> PeekTagsAsync(OssContext context, CancellationToken ct)
    {
        var reader = context.Http.Request.BodyReader;
        var result = await reader.ReadAtLeastAsync(OssLimits.MaxDocumentBytes + 1, ct);
        var body = result.Buffer.Length > OssLimits.MaxDocumentBytes ? [] : result.Buffer.ToArray();
        reader.AdvanceTo(result.Buffer.Start);
        try
        {
            return XmlDocuments.Parse<Tagging>(body).Tags;
        }
        catch (OssException)
        {
            return []; // The handler says what is wrong with it, to those who may know.
        }
    }
}
