using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Moss.Cli.Frame;
using Moss.Cli.Output;
using Moss.Client;
using Moss.Protocol.Errors;
using Moss.Protocol.Signing;

namespace Moss.Cli.Commands.Admin;

/// <summary>
/// Calls the admin API of a Moss server, <c>POST /-/admin/{noun}/{verb}</c>: JSON there and back, signed with V4 like a request for the bucket
/// <c>-</c>. A call that changes something is not sent twice.
/// </summary>
static class AdminClient
{
    const string Bucket = "-";

    /// <summary>Nobody but the server reads it, and a server without a region takes any.</summary>
    const string AnyRegion = "cn-hangzhou";

    /// <summary>The answer, or null for an empty one.</summary>
    /// <exception cref="OssException">The server refused.</exception>
    public static async Task<JsonElement?> CallAsync(Invocation invocation, string name, JsonObject? body = null, TimeSpan? patience = null)
    {
        var options = invocation.Settings.ClientOptions(bucket: null);
        var credentials = await options.Credentials.GetAsync(invocation.Cancelled)
            ?? throw new UsageException("the admin API needs the root credential: set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET");
        using var http = new HttpClient(options.HttpHandler ?? HandlerOf(options)) { Timeout = patience ?? options.IdleTimeout };
        using var request = Request(options, credentials, name, JsonSerializer.SerializeToUtf8Bytes(body ?? [], AdminDocuments.Default.JsonObject));
        using var response = await http.SendAsync(request, invocation.Cancelled);
        var answer = await response.Content.ReadAsByteArrayAsync(invocation.Cancelled);
        if (!response.IsSuccessStatusCode)
        {
            throw Refusal(response, answer);
        }

        if (answer.Length == 0)
        {
            return null;
        }

        using var document = JsonDocument.Parse(answer);
        return document.RootElement.Clone();
    }

    /// <summary>An object of the answer as a row.</summary>
    public static Row RowOf(JsonElement element)
    {
        var row = new Row();
        foreach (var member in element.EnumerateObject())
        {
            // A time is a time, so that all verbs write it the same way.
            row.Add(member.Name, member.Name is "created" or "time" or "at" && member.Value.TryGetDateTimeOffset(out var time) ? time : ValueOf(member.Value));
        }

        return row;
    }

    static object? ValueOf(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => null,
        JsonValueKind.True or JsonValueKind.False => element.GetBoolean(),
        JsonValueKind.Number => element.TryGetInt64(out var number) ? number : element.GetRawText(),
        JsonValueKind.Object => RowOf(element),
        JsonValueKind.Array when element.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Object) && element.GetArrayLength() > 0 =>
            element.EnumerateArray().Select(RowOf).ToList(),
        JsonValueKind.Array => element.EnumerateArray().Select(item => item.ToString()).ToList(),
        _ => element.GetString(),
    };

    static HttpRequestMessage Request(OssClientOptions options, Credentials credentials, string name, byte[] body)
    {
        var endpoint = options.Endpoint.Contains("://", StringComparison.Ordinal) ? options.Endpoint : "https://" + options.Endpoint;
        var request = new HttpRequestMessage(HttpMethod.Post, $"{endpoint.TrimEnd('/')}/{Bucket}/admin/{name}") { Content = new ByteArrayContent(body) };
        var md5 = MD5.HashData(body);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Content.Headers.ContentMD5 = md5;
        var signable = SignableRequest.ToSend(
            "POST", Bucket, $"admin/{name}", [], [new("Content-Type", "application/json"), new("Content-MD5", Convert.ToBase64String(md5))]);
        var signer = new Signer(credentials.Signing, new() { Region = options.Region ?? AnyRegion });
        foreach (var (header, value) in signer.Sign(signable, options.TimeProvider.GetUtcNow()))
        {
            request.Headers.TryAddWithoutValidation(header, value);
        }

        return request;
    }

    static SocketsHttpHandler HandlerOf(OssClientOptions options) => new()
    {
        AllowAutoRedirect = false,
        ConnectTimeout = options.ConnectTimeout,
        Proxy = options.Proxy,
        UseProxy = options.UseProxy,
    };

    static OssException Refusal(HttpResponseMessage response, byte[] answer)
    {
        var status = (int)response.StatusCode;
        try
        {
            using var document = JsonDocument.Parse(answer);
            var (code, message) = (document.RootElement.GetProperty("code").GetString()!, document.RootElement.GetProperty("message").GetString()!);
            return new(new OssError(code, status, message)) { RequestId = document.RootElement.GetProperty("requestId").GetString(), HostId = "" };
        }
        catch (Exception problem) when (problem is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return new(new OssError("NoAdminApi", status, "The answer is none of an admin API: is OSS_ENDPOINT a Moss server?")) { HostId = "" };
        }
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(JsonObject))]
sealed partial class AdminDocuments : System.Text.Json.Serialization.JsonSerializerContext;
