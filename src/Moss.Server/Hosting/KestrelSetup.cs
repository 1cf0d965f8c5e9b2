using System.Text;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Moss.Server.Hosting.Transport;

namespace Moss.Server.Hosting;

/// <summary>How Kestrel is to behave. Every number has its reason beside it.</summary>
static class KestrelSetup
{
    public static void Apply(KestrelServerOptions kestrel, OssServerOptions options, TlsCertificate? certificate)
    {
        kestrel.Listen(options.Listen, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            if (certificate is not null)
            {
                listen.UseHttps(certificate.HandshakeOptions);
            }
        });
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

        // Half of the descriptors: with more connections the store could open no file for those it has.
        kestrel.Limits.MaxConcurrentConnections = LibC.MaxDescriptors() is { } most ? (long)(most / 2) : null;

        // SDKs keep connections for a minute or more between requests.
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(3);
    }
}
