using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Moss.Protocol.Hashing;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;

namespace Moss.Crash.Scale;

/// <summary>What a listing of the sink consists of.</summary>
/// <param name="Count">Objects.</param>
/// <param name="Name">The key of each; the keys of rising numbers rise.</param>
sealed record SinkListing(int Count, Func<int, string> Name, DateTimeOffset LastModified);

/// <summary>
/// Answers as the service does and keeps nothing: bodies are hashed and thrown away, listings are made up. So what is measured is the client,
/// and sizes that no disk here holds can be tried.
/// </summary>
sealed class SinkServer : IAsyncDisposable
{
    const string ETag = "\"00000000000000000000000000000000\"";

    readonly WebApplication _app;
    readonly ConcurrentDictionary<int, (ulong Crc, long Length)> _parts = new();
    long _objects;

    SinkServer(WebApplication app) => _app = app;

    public string Endpoint { get; private set; } = "";

    public SinkListing Listing { get; set; } = new(0, static _ => "", DateTimeOffset.UnixEpoch);

    /// <summary>What the last Complete made.</summary>
    public (int Parts, long Length, ulong Crc) Completed { get; private set; }

    /// <summary>Objects that PutObject brought.</summary>
    public long Objects => Interlocked.Read(ref _objects);

    public static async Task<SinkServer> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static options =>
        {
            options.Limits.MaxRequestBodySize = null;
            options.Limits.MinRequestBodyDataRate = null;
            options.Listen(IPAddress.Loopback, 0);
        });
        var app = builder.Build();
        var sink = new SinkServer(app);
        app.Run(sink.AnswerAsync);
        await app.StartAsync();
        sink.Endpoint = app.Urls.Single();
        return sink;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    Task AnswerAsync(HttpContext http)
    {
        var query = http.Request.Query;
        return http.Request.Method switch
        {
            "GET" when query.ContainsKey("list-type") => DocumentAsync(http, Page(query["continuation-token"])),
            "POST" when query.ContainsKey("uploads") => DocumentAsync(http, new InitiateMultipartUploadResult("b", "k", "upload")),
            "PUT" when query.TryGetValue("partNumber", out var number) => PartAsync(http, int.Parse(number!, CultureInfo.InvariantCulture)),
            "POST" when query.ContainsKey("uploadId") => CompleteAsync(http),
            "PUT" => ObjectAsync(http),
            _ => NothingAsync(http),
        };
    }

    async Task PartAsync(HttpContext http, int number)
    {
        var part = await HashAsync(http);
        _parts[number] = part;
        Confirm(http, part.Crc);
    }

    async Task ObjectAsync(HttpContext http)
    {
        var (crc, _) = await HashAsync(http);
        Interlocked.Increment(ref _objects);
        Confirm(http, crc);
    }

    async Task CompleteAsync(HttpContext http)
    {
        await HashAsync(http);
        var parts = _parts.OrderBy(static part => part.Key).ToList();
        var crc = parts.Aggregate(0UL, static (sum, part) => Crc64.Combine(sum, part.Value.Crc, part.Value.Length));
        Completed = (parts.Count, parts.Sum(static part => part.Value.Length), crc);
        Confirm(http, crc);
        await DocumentAsync(http, new CompleteMultipartUploadResult("http://b/k", "b", "k", ETag));
    }

    ListObjectsV2Result Page(string? token)
    {
        const int PageSize = 1000;
        var listing = Listing;
        var from = token is null ? 0 : int.Parse(token, CultureInfo.InvariantCulture);
        var to = Math.Min(from + PageSize, listing.Count);
        return new()
        {
            Name = "b",
            MaxKeys = PageSize,
            IsTruncated = to < listing.Count,
            NextContinuationToken = to < listing.Count ? to.ToString(CultureInfo.InvariantCulture) : null,
            Contents = [.. Enumerable.Range(from, to - from).Select(i => new ListedObject(listing.Name(i), listing.LastModified, ETag, "Normal", 0, StorageClass.Standard.ToWire(), null))],
        };
    }

    static async Task<(ulong Crc, long Length)> HashAsync(HttpContext http)
    {
        var crc = default(Crc64);
        var reader = http.Request.BodyReader;
        while (true)
        {
            var result = await reader.ReadAsync(http.RequestAborted);
            foreach (var block in result.Buffer)
            {
                crc.Append(block.Span);
            }

            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return (crc.Value, crc.Length);
            }
        }
    }

    static void Confirm(HttpContext http, ulong crc)
    {
        http.Response.Headers.ETag = ETag;
        http.Response.Headers["x-oss-hash-crc64ecma"] = Crc64.Format(crc);
    }

    static Task DocumentAsync<T>(HttpContext http, T document)
        where T : IXmlDocument<T>
    {
        var body = XmlDocuments.ToUtf8(document);
        http.Response.ContentType = "application/xml";
        http.Response.ContentLength = body.Length;
        return http.Response.Body.WriteAsync(body).AsTask();
    }

    static Task NothingAsync(HttpContext http)
    {
        http.Response.StatusCode = 404;
        http.Features.Get<IHttpResponseFeature>()!.ReasonPhrase = "Not Found";
        return Task.CompletedTask;
    }
}
