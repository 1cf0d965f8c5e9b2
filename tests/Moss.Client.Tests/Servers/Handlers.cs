using System.Net;
using System.Text;

namespace Moss.Client.Tests.Servers;

/// <summary>What every handler of a test stands in front of: the settings are those of the client's own.</summary>
abstract class RealHandler() : DelegatingHandler(new SocketsHttpHandler
{
    AllowAutoRedirect = false,
    UseCookies = false,
    RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
    ResponseHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
});

/// <summary>Has one connection at a time: the platform's else opens a second one when the first is not yet back as the next request comes.</summary>
sealed class OneConnectionHandler : RealHandler
{
    public OneConnectionHandler() => ((SocketsHttpHandler)InnerHandler!).MaxConnectionsPerServer = 1;
}

/// <summary>Calls a test before each request is sent.</summary>
sealed class HookHandler(Func<HttpRequestMessage, Task> before) : RealHandler
{
    public HookHandler(Action<HttpRequestMessage> before)
        : this(request =>
        {
            before(request);
            return Task.CompletedTask;
        })
    {
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        await before(request);
        return await base.SendAsync(request, cancellationToken);
    }
}

/// <summary>Sends a request to the end and loses its answer, once or always.</summary>
sealed class LosingHandler(string query, HttpMethod method, bool always = false) : RealHandler
{
    public int Lost { get; private set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var answer = await base.SendAsync(request, cancellationToken);
        if (request.Method == method && request.RequestUri!.Query.Contains(query, StringComparison.Ordinal) && (always || Lost == 0))
        {
            Lost++;
            answer.Dispose();
            throw new HttpRequestException(HttpRequestError.ResponseEnded, "The test lost the answer.");
        }

        return answer;
    }
}

/// <summary>Knows no upload that has been completed, as the real service does; this server repeats its answer.</summary>
sealed class ForgetfulHandler : RealHandler
{
    bool _first = true;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (_first && request.RequestUri!.Query.Contains("uploadId=", StringComparison.Ordinal))
        {
            _first = false;
            return new(HttpStatusCode.NotFound)
            {
                Content = new StringContent(
                    "<Error><Code>NoSuchUpload</Code><Message>m</Message><RequestId>r</RequestId><HostId>h</HostId></Error>", Encoding.UTF8, "application/xml"),
            };
        }

        return await base.SendAsync(request, cancellationToken);
    }
}

/// <summary>Refuses every request of a method and query with 403 and a code.</summary>
sealed class RefusingHandler(HttpMethod method, string query, string code) : RealHandler
{
    public int Refused { get; private set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Method != method || !request.RequestUri!.Query.Contains(query, StringComparison.Ordinal))
        {
            return await base.SendAsync(request, cancellationToken);
        }

        Refused++;
        return new(HttpStatusCode.Forbidden)
        {
            Content = new StringContent(
                $"<Error><Code>{code}</Code><Message>m</Message><RequestId>r</RequestId><HostId>h</HostId></Error>", Encoding.UTF8, "application/xml"),
        };
    }
}

/// <summary>Says a wrong CRC-64 of the completed object.</summary>
sealed class LyingHandler : RealHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var answer = await base.SendAsync(request, cancellationToken);
        if (request.Method == HttpMethod.Post && request.RequestUri!.Query.Contains("uploadId=", StringComparison.Ordinal))
        {
            answer.Headers.Remove("x-oss-hash-crc64ecma");
            answer.Headers.Add("x-oss-hash-crc64ecma", "4711");
        }

        return answer;
    }
}

/// <summary>Answers with a body that stands still, and has ended when it is disposed of: as the platform's does when that meets a read.</summary>
sealed class EndingHandler : RealHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var content = new StreamContent(new EndingStream());
        content.Headers.ContentLength = 100;
        return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = content });
    }

    sealed class EndingStream : MemoryStream
    {
        readonly TaskCompletionSource<int> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(_ended.Task);

        protected override void Dispose(bool disposing)
        {
            _ended.TrySetResult(0);
            base.Dispose(disposing);
        }
    }
}

/// <summary>Connects every host to this machine, for names that no resolver knows.</summary>
sealed class LoopbackHandler(int port) : DelegatingHandler(new SocketsHttpHandler
{
    AllowAutoRedirect = false,
    UseProxy = false,
    ConnectCallback = async (_, ct) =>
    {
        var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port, ct);
        return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
    },
});
