using System.Globalization;
using System.Text;
using Moss.Protocol.Errors;
using Moss.Protocol.Signing;

namespace Moss.Protocol.Tests.Signing;

/// <summary>Short ways to write requests, as a client sends them and as a server receives them.</summary>
static class Requests
{
    public static readonly AccessKeySecret Secret = new("sk");
    public static readonly Credential Ak = new("ak", Secret);
    public static readonly SignatureOptions AnyRegion = new();

    /// <summary>The instant of most vectors: 20231216T162057Z.</summary>
    public static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1702743657);

    public static SigningOptions V1 { get; } = new() { Version = SignatureVersion.V1 };

    public static SigningOptions V2 { get; } = new() { Version = SignatureVersion.V2 };

    public static SigningOptions V4 { get; } = new() { Region = "cn-hangzhou" };

    public static DateTimeOffset Rfc1123(string text) => DateTimeOffset.ParseExact(text, "r", CultureInfo.InvariantCulture);

    public static SignableRequest ToSend(
        string method, string? bucket, string? key, IEnumerable<(string, string?)>? query = null, IEnumerable<(string, string)>? headers = null) =>
        SignableRequest.ToSend(
            method,
            bucket,
            key,
            (query ?? []).Select(q => KeyValuePair.Create(q.Item1, q.Item2)),
            (headers ?? []).Select(h => KeyValuePair.Create(h.Item1, h.Item2)));

    /// <summary>The request as the server sees it: the raw query parsed anew, the headers as Latin-1 text.</summary>
    public static SignableRequest Received(
        string method, string? bucket, string? key, string rawQuery, params IEnumerable<(string Name, string Value)> headers) =>
        new(
            method,
            bucket,
            key,
            QueryParameter.Parse(rawQuery),
            [.. headers.Select(h => KeyValuePair.Create(h.Name, Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(h.Value))))]);

    /// <summary>What goes over the wire when a client signs in headers.</summary>
    public static SignableRequest SignedInHeaders(this Signer signer, SignableRequest request, DateTimeOffset now) =>
        new(
            request.Method,
            request.Bucket,
            request.Key,
            QueryParameter.Parse(string.Join('&', request.Query)),
            [.. request.Headers, .. signer.Sign(request, now)]);

    /// <summary>What goes over the wire when someone uses a signed URL.</summary>
    public static SignableRequest SignedInUrl(this Signer signer, SignableRequest request, DateTimeOffset now, TimeSpan validFor) =>
        new(request.Method, request.Bucket, request.Key, QueryParameter.Parse(signer.Presign(request, now, validFor)), request.Headers);

    public static AuthenticationResult Authenticate(
        this SignableRequest request, DateTimeOffset now, AccessKeySecret? secret = null, SignatureOptions? options = null) =>
        ParsedSignature.Parse(request, now, options ?? AnyRegion).Verify(secret ?? Secret);

    public static OssException Refused(
        this SignableRequest request, DateTimeOffset now, AccessKeySecret? secret = null, SignatureOptions? options = null) =>
        Assert.Throws<OssException>(() => request.Authenticate(now, secret, options));

    public static string Detail(this OssException error, string name) =>
        error.Details.Single(detail => detail.Key == name).Value;

    public static SignableRequest With(
        this SignableRequest request,
        string? method = null,
        string? bucket = null,
        string? key = null,
        IEnumerable<QueryParameter>? query = null,
        IEnumerable<KeyValuePair<string, string>>? headers = null) =>
        new(
            method ?? request.Method,
            bucket ?? request.Bucket,
            key ?? request.Key,
            query is null ? request.Query : [.. query],
            headers is null ? request.Headers : [.. headers]);
}
