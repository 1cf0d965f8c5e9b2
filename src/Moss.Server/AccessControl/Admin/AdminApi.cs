using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Moss.Protocol.Errors;
using Moss.Protocol.Signing;
using Moss.Server.AccessControl.Accounts;
using Moss.Server.AccessControl.Audit;
using Moss.Server.Observability;
using Moss.Server.Pipeline;

namespace Moss.Server.AccessControl.Admin;

/// <summary>
/// The admin API: <c>POST /-/admin/{noun}/{verb}</c> with a JSON object, answered with JSON. Every request is signed with V4 in the header by the root
/// credential, as for the bucket <c>-</c> and the key <c>admin/{noun}/{verb}</c>; a body is bound to the signature by Content-MD5.
/// </summary>
sealed class AdminApi(IReadOnlyDictionary<string, AdminAction> actions, RequestAuthenticator signatures, KeyRing keys)
{
    const string Prefix = "/-/admin/";
    const string Bucket = "-";

    /// <summary>A policy has at most 16 KB, and a role two of them; JSON may escape every character.</summary>
    const int MaxBodyBytes = 256 * 1024;

    /// <summary>Serves the call if the request is one.</summary>
    public async ValueTask<bool> TryServeAsync(OssContext context)
    {
        var http = context.Http;
        var target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!target.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        byte[]? json;
        try
        {
            json = await CallAsync(context, target, http.RequestAborted);
            http.Response.StatusCode = json is null ? StatusCodes.Status204NoContent : StatusCodes.Status200OK;
        }
        catch (Exception exception)
        {
            (http.Response.StatusCode, var error) = Translate(context, exception);
            context.ErrorCode = error.Code;
            context.Refusal = exception as OssException;
            json = JsonSerializer.SerializeToUtf8Bytes(error, AdminJson.Default.AdminError);
        }

        // Before the answer: what was done is on record also when nobody waits for that any more.
        Auditing.OfCall(context, "admin:" + NameOf(target), context.AuditResource);
        await WriteAsync(http, json);
        return true;
    }

    async ValueTask<byte[]?> CallAsync(OssContext context, string target, CancellationToken ct)
    {
        var http = context.Http;
        var question = target.IndexOf('?', StringComparison.Ordinal);
        var name = NameOf(target);
        var query = QueryParameter.Parse(question < 0 ? "" : target[(question + 1)..]);
        var view = await keys.OpenAsync(ct);
        var result = await signatures.AuthenticateAsync(
            new(http.Request.Method, Bucket, $"admin/{name}", query, Authenticator.HeadersOf(http.Request)), view, ct);
        if (!result.IsAnonymous)
        {
            context.Caller = view.CallerOf(result.AccessKeyId!);
        }

        // Older signatures do not cover everything that counts here.
        if (!context.Caller.IsRoot || result.Scheme != SignatureScheme.V4Header)
        {
            throw new OssException(OssErrors.AccessDenied, "The admin API needs the root credential and signature V4 in the header.");
        }

        if (!actions.TryGetValue(name, out var action) || !HttpMethods.IsPost(http.Request.Method))
        {
            throw new AccessException("NoSuchAction", StatusCodes.Status404NotFound, $"There is no call POST {Prefix}{name}.");
        }

        var body = await ReadBodyAsync(http, ct);
        var request = body.Length == 0 ? new AdminRequest() : JsonSerializer.Deserialize(body, AdminJson.Default.AdminRequest) ?? throw new JsonException();
        var at = request.At?.UtcDateTime.ToString("'at='yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        string?[] parts = [request.Account, request.User, request.Role, request.Bucket, request.Name, request.AccessKeyId, at];
        context.AuditResource = string.Join(' ', parts.OfType<string>());
        return await action(request, ct);
    }

    static string NameOf(string target)
    {
        var question = target.IndexOf('?', StringComparison.Ordinal);
        return target[Prefix.Length..(question < 0 ? target.Length : question)];
    }

    static async ValueTask<byte[]> ReadBodyAsync(HttpContext http, CancellationToken ct)
    {
        var reader = http.Request.BodyReader;
        var result = await reader.ReadAtLeastAsync(MaxBodyBytes + 1, ct);
        var isTooLong = result.Buffer.Length > MaxBodyBytes;
        var body = isTooLong ? [] : result.Buffer.ToArray();
        reader.AdvanceTo(result.Buffer.End);
        if (isTooLong)
        {
            throw AccessException.Parameter("body", $"The body is longer than {MaxBodyBytes} bytes.");
        }

        // The signature covers the header where it stands, so neither it nor the body can be taken away or added on the way.
        var md5 = http.Request.Headers.ContentMD5.ToString();
        var isBound = md5.Length == 0 ? body.Length == 0 : md5 == Convert.ToBase64String(MD5.HashData(body));
        return isBound
            ? body
            : throw new OssException(OssErrors.InvalidDigest, "Content-MD5 must be that of the body: it binds the body to the signature.");
    }

    static (int Status, AdminError Error) Translate(OssContext context, Exception exception)
    {
        switch (exception)
        {
            case OssException refusal:
                return (refusal.Status, new(refusal.Code, refusal.Message, context.RequestId));
            case AccessException refusal:
                return (refusal.Status, new(refusal.Code, refusal.Message, context.RequestId));
            case JsonException:
                return (StatusCodes.Status400BadRequest, new("InvalidParameter.body", "The body is not the JSON object that this call takes.", context.RequestId));
            case BadHttpRequestException:
                return (StatusCodes.Status400BadRequest, new("IncompleteBody", "The body did not arrive whole.", context.RequestId));
            case var _ when context.Http.RequestAborted.IsCancellationRequested:
                return (StatusCodes.Status499ClientClosedRequest, new(ErrorWriter.ClientClosed, "The client went away.", context.RequestId));
            default:
                Log.RequestFailed(context.Services.Log, context.RequestId, exception);
                return (
                    StatusCodes.Status500InternalServerError,
                    new(OssErrors.InternalError.Code, "The server failed. Its log says why.", context.RequestId));
        }
    }

    static async Task WriteAsync(HttpContext http, byte[]? json)
    {
        http.Response.Headers.CacheControl = "no-store"; // Secrets are among the answers.
        if (json is not null)
        {
            http.Response.ContentType = "application/json";
            http.Response.ContentLength = json.Length;
            await http.Response.Body.WriteAsync(json, http.RequestAborted);
        }
    }
}
