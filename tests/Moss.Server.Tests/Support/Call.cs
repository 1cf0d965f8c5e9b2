using System.Text;
using Moss.Protocol.Signing;

namespace Moss.Server.Tests.Support;

/// <summary>A request to be sent; what is not said has the value that a well-behaved client would send.</summary>
public sealed record Call(string Method, string? Bucket = null, string? Key = null)
{
    /// <summary>Decoded names and values; null is a name without <c>=</c>.</summary>
    public (string Name, string? Value)[] Query { get; init; } = [];

    public (string Name, string Value)[] Headers { get; init; } = [];

    public byte[]? Body { get; init; }

    /// <summary>Sends the body in chunks of this many bytes instead of with a Content-Length.</summary>
    public int? ChunkLength { get; init; }

    /// <summary>Not signed.</summary>
    public bool IsAnonymous { get; init; }

    public SignatureVersion Signature { get; init; } = SignatureVersion.V4;

    /// <summary>Signs with another key.</summary>
    public Credential? Credential { get; init; }

    /// <summary>Sends this target instead of the one made from bucket, key and query.</summary>
    public string? RawTarget { get; init; }

    /// <summary>The Host header; null for the server's address.</summary>
    public string? Host { get; init; }

    /// <summary>The bucket stands in the host, not in the path.</summary>
    public bool IsVirtualHost { get; init; }

    /// <summary>Leaves Content-Length out although there is a body method.</summary>
    public bool HasNoLength { get; init; }

    public static Call Get(string? bucket = null, string? key = null, params (string, string?)[] query) => new("GET", bucket, key) { Query = query };

    public static Call Head(string bucket, string? key = null, params (string, string?)[] query) => new("HEAD", bucket, key) { Query = query };

    public static Call Delete(string bucket, string? key = null, params (string, string?)[] query) => new("DELETE", bucket, key) { Query = query };

    public static Call Put(string bucket, string? key = null, byte[]? body = null, params (string, string?)[] query) =>
        new("PUT", bucket, key) { Query = query, Body = body };

    public static Call Post(string bucket, string? key = null, byte[]? body = null, params (string, string?)[] query) =>
        new("POST", bucket, key) { Query = query, Body = body };

    public Call With(params (string Name, string Value)[] headers) => this with { Headers = [.. Headers, .. headers] };

    public Call Anonymously() => this with { IsAnonymous = true };

    /// <summary>The whole request head as it goes on the wire, signed.</summary>
    public byte[] Head(string address, DateTimeOffset now, Credential root)
    {
        var headers = new List<KeyValuePair<string, string>> { new("Host", Host ?? (IsVirtualHost ? $"{Bucket}.localhost" : address)) };
        headers.AddRange(Headers.Select(header => KeyValuePair.Create(header.Name, header.Value)));
        if (ChunkLength is not null)
        {
            headers.Add(new("Transfer-Encoding", "chunked"));
        }
        else if (!HasNoLength && (Body is not null || Method is "PUT" or "POST"))
        {
            headers.Add(new("Content-Length", (Body?.Length ?? 0).ToString(null, null)));
        }

        if (!IsAnonymous)
        {
            var request = SignableRequest.ToSend(
                Method, Bucket, Key, Query.Select(pair => KeyValuePair.Create(pair.Name, pair.Value)), headers);
            var signer = new Signer(Credential ?? root, new SigningOptions { Version = Signature, Region = "cn-hangzhou" });
            headers.AddRange(signer.Sign(request, now));
        }

        var head = new StringBuilder($"{Method} {RawTarget ?? Target()} HTTP/1.1\r\n");
        foreach (var (name, value) in headers)
        {
            head.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        return Encoding.UTF8.GetBytes(head.Append("\r\n").ToString());
    }

    string Target()
    {
        var path = new StringBuilder("/");
        if (Bucket is not null && !IsVirtualHost)
        {
            path.Append(Bucket).Append('/');
        }

        path.Append(PercentEncoding.Encode(Key ?? "", keepSlash: true));
        var separator = '?';
        foreach (var (name, value) in Query)
        {
            path.Append(separator).Append(PercentEncoding.Encode(name));
            if (value is not null)
            {
                path.Append('=').Append(PercentEncoding.Encode(value));
            }

            separator = '&';
        }

        return path.ToString();
    }
}
