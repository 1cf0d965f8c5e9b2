using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Moss.Server.Hosting;

/// <summary>How Kestrel is to behave. Every number has its reason beside it.</summary>
static class KestrelSetup
{
    public static void Apply(KestrelServerOptions kestrel, OssServerOptions options)
    {
        kestrel.Listen(options.Listen, listen => listen.Protocols = HttpProtocols.Http1);
        kestrel.AddServerHeader = false;
        kestrel.AllowResponseHeaderCompression = false;

        // Header values are bytes: what came in as UTF-8 or anything else goes out as it came.
        kestrel.RequestHeaderEncodingSelector = static _ => Encoding.Latin1;
        kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;

        // Bodies have limits of their own, by operation.
        kestrel.Limits.MaxRequestBodySize = null;

        // A key of 1,023 bytes is 3,069 characters when encoded; a V4 URL with a token and overrides adds a few thousand.
        kestrel.Limits.MaxRequestLineSize = 32 * 1024;

        // 8 KB of user metadata may come as very many very small headers; a token and a callback add up to 15 KB.
        kestrel.Limits.MaxRequestHeadersTotalSize = 64 * 1024;
        kestrel.Limits.MaxRequestHeaderCount = 1000;

        // Two blocks of the pool: one is filled while the other is hashed and written.
        kestrel.Limits.MaxRequestBufferSize = 256 * 1024;
        kestrel.Limits.MaxResponseBufferSize = 256 * 1024;

        // SDKs keep connections for a minute or more between requests.
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(3);
    }
}
