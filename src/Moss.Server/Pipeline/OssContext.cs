using System.Globalization;
using Microsoft.AspNetCore.Http;
using Moss.Protocol.Errors;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Storage;

namespace Moss.Server.Pipeline;

/// <summary>One request on its way through the pipeline: what it asks, who asks, and how to answer.</summary>
sealed class OssContext(HttpContext http, OssServices services, string requestId, long started)
{
    public HttpContext Http => http;

    public OssServices Services => services;

    /// <summary>The one place with semantics.</summary>
    public ObjectService Storage => services.Storage;

    public string RequestId => requestId;

    /// <summary>When the request came, as a <see cref="TimeProvider"/> timestamp.</summary>
    public long Started => started;

    /// <summary>Set once the request is parsed.</summary>
    public OssRequest Request { get; set; } = null!;

    /// <summary>Set once the request is authenticated: who signed it may decide how it is read.</summary>
    public Operation Operation { get; set; } = null!;

    public Caller Caller { get; set; } = Caller.Anonymous;

    /// <summary>The wire's code of the refusal, for the log.</summary>
    public string? ErrorCode { get; set; }

    /// <summary>What a call of the admin API acts on, for the audit.</summary>
    public string AuditResource { get; set; } = "";

    /// <summary>What the request was not allowed to act on, for the audit; null when nothing was refused.</summary>
    public string? RefusedResource { get; set; }

    /// <summary>The refusal, for the audit; null for a success and for what nobody is told of.</summary>
    public OssException? Refusal { get; set; }

    /// <summary>Headers that the answer carries whatever becomes of the request, errors included.</summary>
    public List<KeyValuePair<string, string>> StandingHeaders { get; } = [];

    /// <summary>Headers that the answer leaves out.</summary>
    public List<string> HiddenHeaders { get; } = [];

    /// <summary>Bytes of the request body that were read.</summary>
    public long BytesIn { get; set; }

    /// <summary>Bytes of the response body, where they differ from its announced length: a download that broke off.</summary>
    public long? BytesOut { get; set; }

    /// <summary>The bucket of a bucket or object operation.</summary>
    public BucketName Bucket => Request.Bucket ?? throw new InvalidOperationException("A service operation has no bucket.");

    /// <summary>The key of an object operation.</summary>
    public ObjectKey Key => Request.Key ?? throw new InvalidOperationException("Only an object operation has a key.");

    public QueryParameters Query => Request.Query;

    public HttpResponse Response => http.Response;

    /// <summary>A request header, trimmed, one character a byte; null when it is not there. Of a repeated one the first value.</summary>
    public string? Header(string name)
    {
        var values = http.Request.Headers[name];
        return values.Count == 0 ? null : values[0]?.Trim();
    }

    /// <summary>A request header, or null when it is empty or not there.</summary>
    public string? GivenHeader(string name) => Header(name) is { Length: > 0 } value ? value : null;

    /// <summary>Sets a response header unless the value is null or empty.</summary>
    public void SetHeader(string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            Response.Headers[name] = value;
        }
    }

    public void SetETag(ETag tag) => Response.Headers.ETag = tag.Quoted;

    public void SetCrc64(ulong crc) => Response.Headers["x-oss-hash-crc64ecma"] = crc.ToString(CultureInfo.InvariantCulture);

    /// <summary>Answers with an empty body.</summary>
    public Task Empty(int status = StatusCodes.Status200OK)
    {
        Response.StatusCode = status;
        Response.ContentLength = 0;
        return Task.CompletedTask;
    }

    /// <summary>Answers 200 with a document.</summary>
    public async Task XmlAsync<T>(T document, CancellationToken ct)
        where T : IXmlDocument<T>
    {
        using var buffer = new PooledBuffer();
        XmlDocuments.Write(buffer, document);
        await XmlAsync(buffer.Written, ct);
    }

    /// <summary>Answers 200 with a document that is written already.</summary>
    public async Task XmlAsync(ReadOnlyMemory<byte> document, CancellationToken ct)
    {
        Response.ContentType = "application/xml";
        Response.ContentLength = document.Length;
        await Response.BodyWriter.WriteAsync(document, ct);
    }
}
