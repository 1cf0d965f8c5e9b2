using System.Text.RegularExpressions;
using Moss.Protocol.Names;
using Moss.Protocol.Signing;
using Moss.Server.Tests.AccessControl;
using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Operations;

/// <summary>PutBucketLogging, and the logs it makes.</summary>
public sealed partial class BucketLoggingTests(TestServer server)
{
    static readonly DateTimeOffset Start = new(2026, 5, 1, 10, 20, 30, TimeSpan.Zero);

    [Fact]
    public async Task What_is_put_is_got_until_it_is_taken_back()
    {
        var (bucket, target) = (await server.BucketAsync(), await server.BucketAsync());
        (await PutAsync(server, bucket, Status(target, "log/"))).Is(200);
        Assert.Equal(
            $"""
            <?xml version="1.0" encoding="UTF-8"?>
            <BucketLoggingStatus>
              <LoggingEnabled>
                <TargetBucket>{target}</TargetBucket>
                <TargetPrefix>log/</TargetPrefix>
              </LoggingEnabled>
            </BucketLoggingStatus>

            """.ReplaceLineEndings("\n"),
            (await server.SendAsync(Call.Get(bucket, null, ("logging", null)))).Is(200).Text);
        (await server.SendAsync(Call.Get(bucket, null, ("bucketInfo", null)))).Is(200).Has("LogBucket", target).Has("LogPrefix", "log/");
        (await PutAsync(server, bucket, "<BucketLoggingStatus/>")).Is(200);
        Assert.Null((await server.SendAsync(Call.Get(bucket, null, ("logging", null)))).Is(200).Element("TargetBucket"));
        (await PutAsync(server, bucket, Status(target, ""))).Is(200);
        (await server.SendAsync(Call.Delete(bucket, null, ("logging", null)))).Is(204);
        Assert.Null((await server.SendAsync(Call.Get(bucket, null, ("logging", null)))).Is(200).Element("TargetBucket"));
        (await server.SendAsync(Call.Delete("no-such-bucket", null, ("logging", null)))).Is(404, "NoSuchBucket");
    }

    [Theory]
    [InlineData("", "MalformedXML")]
    [InlineData("<BucketLogging/>", "MalformedXML")]
    [InlineData("<BucketLoggingStatus><LoggingEnabled></LoggingEnabled></BucketLoggingStatus>", "InvalidBucketName")]
    [InlineData("<BucketLoggingStatus><LoggingEnabled><TargetBucket>no-such-bucket</TargetBucket></LoggingEnabled></BucketLoggingStatus>", "InvalidTargetBucketForLogging")]
    public async Task What_is_not_right_is_refused(string xml, string code)
    {
        var bucket = await server.BucketAsync();
        (await PutAsync(server, bucket, xml)).Is(400, code);
        (await PutAsync(server, bucket, Status(bucket, "/x"))).Is(400, "InvalidArgument");
        (await PutAsync(server, bucket, Status(bucket, new string('x', 513)))).Is(400, "InvalidArgument");
        Assert.Null((await server.SendAsync(Call.Get(bucket, null, ("logging", null)))).Is(200).Element("TargetBucket"));
    }

    [Fact]
    public async Task An_hour_over_its_requests_are_an_object_of_the_target()
    {
        var time = new ManualTime(Start);
        await using var own = await TestServer.StartAsync(options => options, time);
        var bucket = await own.BucketWithAsync("k \"1", Bytes.Of("body"), "public-read");
        var (other, target) = (await own.BucketAsync(), await own.BucketAsync());
        (await PutAsync(own, bucket, Status(target, "log/"))).Is(200);
        var get = (await own.SendAsync(Call.Get(bucket, "k \"1").Anonymously().With(("Referer", "http://r/\"x"), ("User-Agent", "agent")))).Is(200);
        await own.SendAsync(Call.Get(bucket, "none"));
        await own.SendAsync(Call.Get(other, "none"));
        await RecordedAsync(own, 3);

        // The hour is not over.
        await own.Running.Services.Buckets.AccessLog.LookAsync(CancellationToken.None);
        await own.Running.Services.Buckets.AccessLog.DrainAsync(CancellationToken.None);
        Assert.Empty((await own.SendAsync(Call.Get(target))).Is(200).Elements("Key"));

        time.Advance(TimeSpan.FromMinutes(45));
        await own.Running.Services.Buckets.AccessLog.LookAsync(CancellationToken.None);
        await own.Running.Services.Buckets.AccessLog.DrainAsync(CancellationToken.None);
        var key = Assert.Single((await own.SendAsync(Call.Get(target))).Is(200).Elements("Key"));
        Assert.Matches($"^log/{bucket}2026-05-01-11-05-30-[0-9A-F]{{16}}$", key);
        var lines = (await own.SendAsync(Call.Get(target, key))).Is(200).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        // The request that turned it on is over only after it is on. Requests of different connections may be over in any order.
        Assert.Equal(3, lines.Length);
        Assert.Single(lines, line => line.Contains("\"PutBucketLogging\"", StringComparison.Ordinal));
        var found = Assert.Single(lines, line => line.Contains("\"agent\"", StringComparison.Ordinal));
        var missed = Assert.Single(lines, line => line.Contains("/none ", StringComparison.Ordinal));
        var fields = Fields().Matches(found).Select(match => match.Value).ToList();
        Assert.Equal(
            [
                "127.0.0.1", "-", "-", "[01/May/2026:10:20:30 +0000]", $"\"GET /{bucket}/k%20%221 HTTP/1.1\"", "200", "4", "0", "\"http://r/%22x\"", "\"agent\"",
                "\"127.0.0.1\"", $"\"{get["x-oss-request-id"]}\"", "\"true\"", "\"-\"", "\"GetObject\"", $"\"{bucket}\"", "\"k%20%221\"", "4", "0", "\"-\"", "0",
                $"\"{TestServer.OwnerId}\"", "-", "\"-\"", "\"Standard\"", "\"-\"", "\"-\"", "\"-\"",
            ],
            fields);
        Assert.Contains(" 404 ", missed, StringComparison.Ordinal);
        Assert.Contains("\"NoSuchKey\"", missed, StringComparison.Ordinal);
        Assert.EndsWith("\"rootkey\"", missed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signature_in_a_URL_is_not_written_down()
    {
        var time = new ManualTime(Start);
        await using var own = await TestServer.StartAsync(options => options, time);
        var bucket = await own.BucketWithAsync("k", Bytes.Of("body"));
        (await PutAsync(own, bucket, Status(bucket, "log/"))).Is(200);
        foreach (var version in new[] { SignatureVersion.V1, SignatureVersion.V4 })
        {
            var query = new Signer(TestServer.Root, new() { Version = version, Region = "cn-hangzhou" }).Presign(
                SignableRequest.ToSend("GET", bucket, "k", [], []), time.GetUtcNow(), TimeSpan.FromMinutes(5));
            (await own.SendAsync(Call.Get(bucket, "k").Anonymously() with { RawTarget = $"/{bucket}/k?{query}" })).Is(200);
            (await own.SendAsync(Call.Get(bucket, "k").With(("Referer", $"http://r/page?{query}")))).Is(200);
        }

        await RecordedAsync(own, 5);
        var text = await LogAsync(own, time, bucket);
        Assert.Contains("Signature=***", text, StringComparison.Ordinal);
        Assert.Contains("x-oss-signature=***", text, StringComparison.Ordinal);
        Assert.Matches("\"http://r/page[?][^\"]*signature=[*]{3}", text);
        Assert.DoesNotMatch("[Ss]ignature=[^*]", text);
    }

    [Fact]
    public async Task What_is_left_is_stored_when_the_server_stops()
    {
        using var directory = new TemporaryDirectory();
        OssServerOptions Options(OssServerOptions options) => options with { DataDirectory = directory.Path, Metadata = "sqlite", Blobs = "files", Durability = Durability.Ci };
        string bucket;
        await using (var own = await TestServer.StartAsync(Options))
        {
            bucket = await own.BucketAsync();
            (await PutAsync(own, bucket, Status(bucket, "log/"))).Is(200);
            await own.SendAsync(Call.Get(bucket, "none"));
        }

        await using (var again = await TestServer.StartAsync(Options))
        {
            var key = Assert.Single((await again.SendAsync(Call.Get(bucket))).Is(200).Elements("Key"));
            Assert.Contains("\"none\"", (await again.SendAsync(Call.Get(bucket, key))).Is(200).Text, StringComparison.Ordinal);

            // It still logs after the start.
            await again.SendAsync(Call.Get(bucket, "more"));
        }

        await using var third = await TestServer.StartAsync(Options);
        Assert.Equal(2, (await third.SendAsync(Call.Get(bucket))).Is(200).Elements("Key").Count);
    }

    [Fact]
    public async Task A_target_that_is_gone_loses_the_log_and_nothing_else()
    {
        var time = new ManualTime(Start);
        await using var own = await TestServer.StartAsync(options => options, time);
        var (bucket, target) = (await own.BucketAsync(), await own.BucketAsync());
        (await PutAsync(own, bucket, Status(target, ""))).Is(200);
        (await own.SendAsync(Call.Delete(target))).Is(204);
        await own.SendAsync(Call.Get(bucket));
        await RecordedAsync(own, 2);
        time.Advance(TimeSpan.FromHours(1));
        await own.Running.Services.Buckets.AccessLog.LookAsync(CancellationToken.None);
        await own.Running.Services.Buckets.AccessLog.DrainAsync(CancellationToken.None);
        (await own.SendAsync(Call.Put(target))).Is(200);
        (await own.SendAsync(Call.Get(bucket))).Is(200);
        await RecordedAsync(own, 3);
        time.Advance(TimeSpan.FromHours(1));
        await own.Running.Services.Buckets.AccessLog.LookAsync(CancellationToken.None);
        await own.Running.Services.Buckets.AccessLog.DrainAsync(CancellationToken.None);
        Assert.Single((await own.SendAsync(Call.Get(target))).Is(200).Elements("Key"));
    }

    [Fact]
    public async Task A_bucket_made_anew_does_not_log()
    {
        var time = new ManualTime(Start);
        await using var own = await TestServer.StartAsync(options => options, time);
        var (bucket, target) = (await own.BucketAsync(), await own.BucketAsync());
        (await PutAsync(own, bucket, Status(target, ""))).Is(200);
        (await own.SendAsync(Call.Delete(bucket))).Is(204);
        (await own.SendAsync(Call.Put(bucket))).Is(200);
        await own.Running.Services.Buckets.AccessLog.LookAsync(CancellationToken.None);
        await own.SendAsync(Call.Get(bucket, "after"));
        time.Advance(TimeSpan.FromHours(1));
        await own.Running.Services.Buckets.AccessLog.LookAsync(CancellationToken.None);
        await own.Running.Services.Buckets.AccessLog.DrainAsync(CancellationToken.None);
        foreach (var key in (await own.SendAsync(Call.Get(target))).Is(200).Elements("Key"))
        {
            Assert.DoesNotContain("\"after\"", (await own.SendAsync(Call.Get(target, key))).Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_target_that_is_another_account_s_by_now_gets_nothing()
    {
        var time = new ManualTime(Start);
        await using var own = await TestServer.StartAsync(options => options, time);
        var (bucket, target) = (await own.BucketAsync(), await own.BucketAsync());
        (await PutAsync(own, bucket, Status(target, ""))).Is(200);
        (await own.SendAsync(Call.Delete(target))).Is(204);
        var storage = own.Running.Services.Storage;
        await storage.Buckets.PutAsync(BucketName.Parse(target), new() { OwnerId = "stranger" }, CancellationToken.None);
        await own.SendAsync(Call.Get(bucket, "secret"));
        await RecordedAsync(own, 2);
        time.Advance(TimeSpan.FromHours(1));
        await own.Running.Services.Buckets.AccessLog.LookAsync(CancellationToken.None);
        await own.Running.Services.Buckets.AccessLog.DrainAsync(CancellationToken.None);
        Assert.Empty((await storage.Listings.ObjectsAsync(BucketName.Parse(target), new() { MaxEntries = 10 }, CancellationToken.None)).Items);
    }

    [Fact]
    public async Task A_bucket_made_anew_is_known_to_be_another_at_once_and_on_other_servers_when_its_log_is_stored()
    {
        var time = new ManualTime(Start);
        await using var own = await TestServer.StartAsync(options => options, time);
        var log = own.Running.Services.Buckets.AccessLog;
        var (bucket, elsewhere, target) = (await own.BucketAsync(), await own.BucketAsync(), await own.BucketAsync());
        (await PutAsync(own, bucket, Status(target, ""))).Is(200);
        (await PutAsync(own, elsewhere, Status(target, ""))).Is(200);
        await RecordedAsync(own, 2);
        (await own.SendAsync(Call.Delete(bucket))).Is(204);
        (await own.SendAsync(Call.Put(bucket))).Is(200);
        await own.SendAsync(Call.Get(bucket, "after-here"));

        // As another server does it: this one is not told.
        await own.Running.Services.Storage.Buckets.DeleteAsync(BucketName.Parse(elsewhere), CancellationToken.None);
        (await own.SendAsync(Call.Put(elsewhere))).Is(200);
        await own.SendAsync(Call.Get(elsewhere, "after-elsewhere"));
        await RecordedAsync(own, 4);
        time.Advance(TimeSpan.FromHours(1));
        await log.LookAsync(CancellationToken.None);
        await log.DrainAsync(CancellationToken.None);
        foreach (var key in (await own.SendAsync(Call.Get(target))).Is(200).Elements("Key"))
        {
            Assert.DoesNotContain("after-", (await own.SendAsync(Call.Get(target, key))).Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Buckets_with_much_to_tell_leave_room_for_the_lines_of_others()
    {
        var time = new ManualTime(Start);
        await using var own = await TestServer.StartAsync(options => options, time);
        var log = own.Running.Services.Buckets.AccessLog;
        var target = await own.BucketAsync();
        string[] buckets = [await own.BucketAsync(), await own.BucketAsync(), await own.BucketAsync(), await own.BucketAsync()];
        foreach (var bucket in buckets)
        {
            (await PutAsync(own, bucket, Status(target, ""))).Is(200);
        }

        await RecordedAsync(own, 4);
        log.MaxWaitingBytes = 16 * 1024;
        for (var i = 0; i < 110; i++)
        {
            await own.SendAsync(Call.Get(buckets[i < 100 ? i % 3 : 3], $"n{i:000}"));
            await RecordedAsync(own, 5 + i);
            await log.DrainAsync(CancellationToken.None);
            Assert.InRange(log.Waiting, 0, log.MaxWaitingBytes / 2);
        }

        Assert.Equal(114, (await LinesAsync(own, time, target)).Count);
    }

    [Fact]
    public async Task A_line_is_not_lost_when_its_bucket_s_logging_changes_meanwhile()
    {
        var time = new ManualTime(Start);
        await using var own = await TestServer.StartAsync(options => options, time);
        var (bucket, target) = (await own.BucketAsync(), await own.BucketAsync());
        (await PutAsync(own, bucket, Status(target, "x"))).Is(200);
        async Task AskAsync()
        {
            await using var connection = await own.ConnectAsync();
            for (var i = 0; i < 200; i++)
            {
                await own.SendAsync(connection, Call.Get(bucket, "none"));
            }
        }

        var asking = Task.WhenAll(AskAsync(), AskAsync(), AskAsync());
        var changes = 1;
        for (; !asking.IsCompleted && changes < 500; changes++)
        {
            (await PutAsync(own, bucket, Status(target, $"x{changes}"))).Is(200);
        }

        await asking;
        await RecordedAsync(own, 600 + changes);
        Assert.Equal(600 + changes, (await LinesAsync(own, time, target)).Count);
        Assert.Equal(0, own.Running.Services.Buckets.AccessLog.Waiting);
    }

    static async Task<IReadOnlyList<string>> LinesAsync(TestServer own, ManualTime time, string target)
    {
        time.Advance(TimeSpan.FromHours(1));
        await own.Running.Services.Buckets.AccessLog.LookAsync(CancellationToken.None);
        await own.Running.Services.Buckets.AccessLog.DrainAsync(CancellationToken.None);
        var lines = new List<string>();
        foreach (var key in (await own.SendAsync(Call.Get(target, null, ("max-keys", "1000")))).Is(200).Elements("Key"))
        {
            lines.AddRange((await own.SendAsync(Call.Get(target, key))).Is(200).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }

        return lines;
    }

    // A field is quoted, or in brackets, or neither.
    [GeneratedRegex("\"[^\"]*\"|\\[[^]]*\\]|[^ ]+", RegexOptions.None, 1000)]
    private static partial Regex Fields();

    // An answer is there before its line is.
    static async Task RecordedAsync(TestServer own, long lines)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (own.Running.Services.Buckets.AccessLog.Recorded < lines)
        {
            await Task.Delay(5, patience.Token);
        }
    }

    static async Task<string> LogAsync(TestServer own, ManualTime time, string bucket)
    {
        time.Advance(TimeSpan.FromHours(1));
        await own.Running.Services.Buckets.AccessLog.LookAsync(CancellationToken.None);
        await own.Running.Services.Buckets.AccessLog.DrainAsync(CancellationToken.None);
        var key = Assert.Single((await own.SendAsync(Call.Get(bucket, null, ("prefix", "log/")))).Is(200).Elements("Key"));
        return (await own.SendAsync(Call.Get(bucket, key))).Is(200).Text;
    }

    static string Status(string target, string prefix) =>
        $"<BucketLoggingStatus><LoggingEnabled><TargetBucket>{target}</TargetBucket><TargetPrefix>{prefix}</TargetPrefix></LoggingEnabled></BucketLoggingStatus>";

    static Task<Answer> PutAsync(TestServer server, string bucket, string xml) => server.SendAsync(Call.Put(bucket, null, Bytes.Of(xml), ("logging", null)));
}
