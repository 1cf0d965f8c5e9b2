using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Hosting;

/// <summary>One line a request, and nothing in it that would open a door.</summary>
public sealed class RequestLogTests
{
    [Fact]
    public async Task A_request_is_one_line_without_secrets_and_no_key_can_forge_one()
    {
        var lines = new ConcurrentQueue<string>();
        await using var server = await TestServer.StartAsync(options => options, logging: logging => logging.AddProvider(new Collector(lines)));
        var bucket = await server.BucketAsync();
        var call = Call.Put(bucket, "a\nPutObject /forged 200", Bytes.Of("12345"), ("security-token", "SECRET-TOKEN")).With(("x-oss-meta-a", "SECRET-META"));
        await server.SendAsync(call with { Signature = Moss.Protocol.Signing.SignatureVersion.V1 });
        (await server.SendAsync(Call.Put(bucket, "b", Bytes.Of("12345")))).Is(200);
        (await server.SendAsync(Call.Get(bucket, "absent"))).Is(404, "NoSuchKey");
        var expected = 4;
        while (lines.Count < expected)
        {
            // The line is written after the answer was sent.
            await Task.Yield();
        }

        var text = string.Join('\n', lines);
        Assert.Equal(expected, text.Split('\n').Length);
        Assert.DoesNotContain("SECRET", text, StringComparison.Ordinal);
        Assert.DoesNotContain("rootsecret", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Signature=", text, StringComparison.Ordinal);
        Assert.Contains($"PutObject /{bucket}/b 200 OK in=5 out=0", text, StringComparison.Ordinal);
        Assert.Contains($"GetObject /{bucket}/absent 404 NoSuchKey", text, StringComparison.Ordinal);
        Assert.Contains("a%0APutObject%20/forged%20200", text, StringComparison.Ordinal);
    }

    sealed class Collector(ConcurrentQueue<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => categoryName == "moss" ? this : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id == 1)
            {
                lines.Enqueue(formatter(state, exception));
            }
        }

        public void Dispose()
        {
        }
    }
}
