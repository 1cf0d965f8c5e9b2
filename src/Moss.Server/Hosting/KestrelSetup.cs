using System.Text;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Moss.Server.Hosting;

/// <summary>How Kestrel is to behave. Every number has its reason beside it.</summary>
static class KestrelSetup
{
    /// <summary>
    /// What a connection may have received ahead: a block. What comes is copied at once into the buffer that is written and hashed, so that more would only
    /// wait (an encrypted body is hashed and encrypted from here); a thousand uploads really hold it. The socket's own default is 1 MiB.
    /// </summary>
    const int ReceiveAhead = BlockPoolFactory.BlockLength;

    public static void Apply(SocketTransportOptions sockets) => sockets.MaxReadBufferSize = ReceiveAhead;

    public static void Apply(KestrelServerOptions kestrel, OssServerOptions options, TlsCertificate? certificate)
    {
        kestrel.Listen(options.Listen, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            HalfClosedConnections.Answer(listen);
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

        kestrel.Limits.MaxRequestBufferSize = ReceiveAhead;
        kestrel.Limits.MaxResponseBufferSize = 2 * BlockPoolFactory.BlockLength;

        // SDKs keep connections for a minute or more between requests.
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(3);
    }
}
