using System.Text.RegularExpressions;
using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Hosting;

public sealed partial class StatusPageTests(TestServer server)
{
    [GeneratedRegex("^(# (HELP|TYPE) [a-z_:0-9]+ .*|[a-z_:0-9]+(\\{([a-z_]+=\"[^\"]*\",?)+\\})? [-+0-9.eEInf]+)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    static partial Regex Line { get; }

    [Fact]
    public async Task Health_and_readiness_are_told_to_everybody()
    {
        Assert.Equal("ok\n", (await GetAsync("/-/health")).Text);
        Assert.Equal("ok\n", (await GetAsync("/-/ready")).Text);
        Assert.Equal(404, (await GetAsync("/-/nothing")).Status);
    }

    [Fact]
    public async Task A_key_below_a_bucket_host_is_a_key()
    {
        var bucket = await server.BucketAsync();
        (await server.SendAsync(Call.Get(bucket, "-/health") with { IsVirtualHost = true })).Is(404, "NoSuchKey");
    }

    [Fact]
    public async Task Metrics_count_requests_by_operation_and_status_and_the_parts_of_open_uploads()
    {
        await using var own = await TestServer.StartAsync(options => options);
        var bucket = await own.BucketWithAsync("k", Bytes.Random(1000, 1));
        (await own.SendAsync(Call.Get(bucket, "k"))).Is(200);
        (await own.SendAsync(Call.Get(bucket, "absent"))).Is(404, "NoSuchKey");
        (await own.SendRawAsync("GET /BAD/ HTTP/1.1\r\nHost: h\r\n\r\n")).Is(400, "InvalidBucketName");
        var id = (await own.SendAsync(Call.Post(bucket, "k", null, ("uploads", null)))).Is(200).Element("UploadId")!;
        (await own.SendAsync(Call.Put(bucket, "k", Bytes.Random(77, 1), ("partNumber", "1"), ("uploadId", id)))).Is(200);

        var text = (await own.SendRawAsync("GET /-/metrics HTTP/1.1\r\nHost: h\r\n\r\n")).Text;
        Assert.All(text.TrimEnd('\n').Split('\n'), line => Assert.Matches(Line, line));
        Assert.Contains("moss_uploads_open 1\n", text, StringComparison.Ordinal);
        Assert.Contains("moss_upload_parts 1\n", text, StringComparison.Ordinal);
        Assert.Contains("moss_upload_part_bytes 77\n", text, StringComparison.Ordinal);
        Assert.Matches("moss_requests_total\\{operation=\"GetObject\",status=\"200\"\\} [1-9]", text);
        Assert.Matches("moss_requests_total\\{operation=\"GetObject\",status=\"404\"\\} [1-9]", text);
        Assert.Matches("moss_requests_total\\{operation=\"Refused\",status=\"400\"\\} [1-9]", text);
        Assert.Matches("moss_request_duration_seconds_bucket\\{operation=\"PutObject\",le=\"\\+Inf\"\\} [1-9]", text);
        Assert.Matches("moss_request_body_bytes_total\\{operation=\"PutObject\"\\} [0-9]{4,}", text);
        Assert.Matches("moss_response_body_bytes_total\\{operation=\"GetObject\"\\} [0-9]{4,}", text);
    }

    Task<Answer> GetAsync(string target) => server.SendRawAsync($"GET {target} HTTP/1.1\r\nHost: h\r\n\r\n");
}
