using Microsoft.AspNetCore.Http;
using Moss.Protocol.Xml;
using Moss.Server.Pipeline;

namespace Moss.Server.AccessControl.Audit;

/// <summary>Which requests go on record, and what of them.</summary>
static class Auditing
{
    const int MaxTextLength = 512;

    /// <summary>Looks at a request of the store that is over.</summary>
    public static void OfRequest(OssContext context)
    {
        var status = context.Response.StatusCode;
        var isPrivileged = context.Operation is { Access: Access.Owner, Method: not ("GET" or "HEAD") };
        if (status == StatusCodes.Status403Forbidden || isPrivileged)
        {
            Add(context, KindOf(status, isPrivileged), context.Operation?.Name ?? "Unknown", ResourceOf(context), status);
        }
    }

    /// <summary>Puts a call of the admin API or the token service on record, however it ended.</summary>
    public static void OfCall(OssContext context, string operation, string resource) =>
        Add(context, KindOf(context.Response.StatusCode, isPrivileged: true), operation, resource, context.Response.StatusCode);

    // What anybody can send, whatever it asks for, stands among what was refused: else a stranger could push out the records of what was done.
    static AuditKind KindOf(int status, bool isPrivileged) =>
        isPrivileged && status < StatusCodes.Status400BadRequest ? AuditKind.Privileged : AuditKind.Refused;

    static void Add(OssContext context, AuditKind kind, string operation, string resource, int status)
    {
        var address = context.Http.Connection.RemoteIpAddress;
        context.Services.Access.Audit.Add(new()
        {
            Time = context.Services.Time.GetUtcNow(),
            Kind = kind,
            RequestId = context.RequestId,
            Operation = operation,
            Resource = Short(resource)!,
            RefusedResource = context.RefusedResource == resource ? null : Short(context.RefusedResource),
            Status = status,
            Code = context.ErrorCode,
            EC = context.Refusal?.EC,
            Message = Short(context.Refusal?.Message),
            Principal = context.Caller.IsAnonymous ? null : context.Caller.Identity.Arn,
            AccessKeyId = context.Caller.AccessKeyId ?? ClaimedKey(context),
            SourceIp = (address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address)?.ToString() ?? "",
            UserAgent = Short(context.Header("User-Agent")),
        });
    }

    // Of a request that could not be believed, the key it claims is what an operator wants to know.
    static string? ClaimedKey(OssContext context) =>
        context.Refusal?.Details.FirstOrDefault(detail => detail.Key == "OSSAccessKeyId").Value;

    /// <summary>A bucket, and an object of it, as records write them.</summary>
    public static string NameOf(string? bucket, string? key) =>
        bucket is null ? "/" : $"/{bucket}/{(key is null ? "" : UrlEncoding.Encode(key).Replace("%2F", "/", StringComparison.Ordinal))}";

    static string ResourceOf(OssContext context) => NameOf(context.Request?.Bucket?.Value, context.Request?.Key?.Value);

    static string? Short(string? text) => text is { Length: > MaxTextLength } ? text[..MaxTextLength] : text;
}
