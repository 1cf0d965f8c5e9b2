using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Moss.Protocol.Signing;
using Moss.Server.Hosting;
using Moss.Server.Pipeline;

namespace Moss.Server.Tests.AccessControl;

/// <summary>A real server in memory, over real sockets, and a client that signs with whatever key a test gives it.</summary>
sealed class AccessServer : IAsyncDisposable
{
    public static readonly Credential Root = new("rootkey0000000001", new AccessKeySecret("root-secret-of-tests"));

    readonly MossServer _server;
    readonly HttpClient _http;

    AccessServer(MossServer server, TimeProvider time, SocketsHttpHandler? handler)
    {
        _server = server;
        Time = time;
        handler ??= new();
        handler.AllowAutoRedirect = false;
        handler.UseProxy = false;
        _http = new(handler) { BaseAddress = new($"{server.Scheme}://{server.Endpoint}") };
    }

    public TimeProvider Time { get; }

    public Uri Address => _http.BaseAddress!;

    public HttpClient Http => _http;

    /// <summary>What the server serves with, for what no request can show.</summary>
    public OssServices Services => _server.Services;

    public static async Task<AccessServer> StartAsync(
        Func<OssServerOptions, OssServerOptions>? configure = null, TimeProvider? time = null, SocketsHttpHandler? handler = null)
    {
        var options = new OssServerOptions
        {
            Listen = new(IPAddress.Loopback, 0),
            Metadata = "memory",
            Blobs = "memory",
            Root = new(Root.AccessKeyId, Root.Secret),
        };
        time ??= TimeProvider.System;
        return new(await MossServer.StartAsync(configure?.Invoke(options) ?? options, time, logging: null, CancellationToken.None), time, handler);
    }

    /// <summary>A call of the admin API by the root credential; fails unless it succeeds.</summary>
    public async Task<JsonNode?> AdminAsync(string name, JsonObject? body = null, Credential? by = null)
    {
        var reply = await TryAdminAsync(name, body, by);
        Assert.True(reply.Status is 200 or 204, $"{name}: {reply.Status} {reply.Text}");
        return reply.Text.Length == 0 ? null : JsonNode.Parse(reply.Text);
    }

    public Task<Reply> TryAdminAsync(string name, JsonObject? body = null, Credential? by = null) =>
        SendAsync("POST", "-", $"admin/{name}", by ?? Root, content: Encoding.UTF8.GetBytes((body ?? []).ToJsonString()), type: "application/json");

    /// <summary>A new user with one policy, and its key.</summary>
    public async Task<Credential> UserAsync(string name, string? policy = null, string? account = null)
    {
        var user = await AdminAsync("user/add", new() { ["name"] = name, ["account"] = account });
        if (policy is not null)
        {
            await AdminAsync("policy/attach", new() { ["user"] = name, ["account"] = account, ["document"] = policy });
        }

        return KeyOf(user!);
    }

    public static Credential KeyOf(JsonNode node) => new((string)node["accessKeyId"]!, new AccessKeySecret((string)node["accessKeySecret"]!));

    /// <summary>A request; signed with V4 in the header unless nobody sends it.</summary>
    public async Task<Reply> SendAsync(
        string method,
        string? bucket = null,
        string? key = null,
        Credential? by = null,
        string query = "",
        byte[]? content = null,
        string? type = null,
        SignatureVersion version = SignatureVersion.V4,
        params (string Name, string Value)[] headers)
    {
        var all = headers.Select(header => KeyValuePair.Create(header.Name, header.Value)).ToList();
        if (content is not null)
        {
            all.Add(new("Content-MD5", Convert.ToBase64String(MD5.HashData(content))));
        }

        if (type is not null)
        {
            all.Add(new("Content-Type", type));
        }

        if (by is not null)
        {
            var signable = SignableRequest.ToSend(method, bucket, key, Pairs(query), all);
            all.AddRange(new Signer(by, new() { Version = version, Region = "cn-hangzhou" }).Sign(signable, Time.GetUtcNow()));
        }

        return await RawAsync(method, Target(bucket, key, query), all, content);
    }

    /// <summary>A request whose signature is in its URL.</summary>
    public async Task<Reply> SendSignedUrlAsync(
        string method, string bucket, string key, Credential by, TimeSpan validFor, SignatureVersion version = SignatureVersion.V4, byte[]? content = null)
    {
        var signable = SignableRequest.ToSend(method, bucket, key, [], []);
        var query = new Signer(by, new() { Version = version, Region = "cn-hangzhou" }).Presign(signable, Time.GetUtcNow(), validFor);
        return await RawAsync(method, Target(bucket, key, query), [], content);
    }

    public async Task<Reply> RawAsync(string method, string target, IEnumerable<KeyValuePair<string, string>> headers, byte[]? content)
    {
        using var request = new HttpRequestMessage(new(method), target);
        if (content is not null || method is "PUT" or "POST")
        {
            request.Content = new ByteArrayContent(content ?? []);
        }

        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content ??= new ByteArrayContent([]);
                Assert.True(request.Content.Headers.TryAddWithoutValidation(name, value), name);
            }
        }

        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        return new(response, await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
    }

    static string Target(string? bucket, string? key, string query) =>
        $"/{(bucket is null ? "" : $"{bucket}/")}{(key is null ? "" : Uri.EscapeDataString(key).Replace("%2F", "/", StringComparison.Ordinal))}"
        + (query.Length == 0 ? "" : $"?{query}");

    static IEnumerable<KeyValuePair<string, string?>> Pairs(string query) =>
        query.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2)).Select(
            pair => KeyValuePair.Create(Uri.UnescapeDataString(pair[0]), pair.Length == 2 ? Uri.UnescapeDataString(pair[1]) : null));
}

/// <summary>An answer, read whole.</summary>
sealed class Reply(HttpResponseMessage response, byte[] body)
{
    public int Status { get; } = (int)response.StatusCode;

    public byte[] Body => body;

    public string Text { get; } = Encoding.UTF8.GetString(body);

    /// <summary>The wire's code of a refusal; empty for a success.</summary>
    public string Code => Element("Code");

    public string Message => Element("Message");

    public string? Header(string name) =>
        response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values) ? string.Join(',', values) : null;

    public string Element(string name) => Text.StartsWith("<?xml", StringComparison.Ordinal) ? XDocument.Parse(Text).Root!.Element(name)?.Value ?? "" : "";

    public void Is(int status, string code = "")
    {
        Assert.True(Status == status && Code == code, $"expected {status} {code}, got {Status} {Text}");
    }
}
