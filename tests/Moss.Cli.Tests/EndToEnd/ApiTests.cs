using Moss.Cli.Tests.Support;

namespace Moss.Cli.Tests.EndToEnd;

/// <summary><c>api</c>: every operation of the table reaches the server as itself.</summary>
public sealed class ApiTests(MossServer server) : IDisposable
{
    const int AtOnce = 4;

    readonly Shelf _shelf = new(server);

    public void Dispose() => _shelf.Dispose();

    [Fact]
    public async Task Every_operation_of_the_table_arrives_as_what_it_was_called()
    {
        var operations = (await _shelf.FormatsAsync("api-list", "api", "--list")).Items.ToList();
        Assert.True(operations.Count > 150, $"{operations.Count} operations");
        var wrong = new System.Collections.Concurrent.ConcurrentBag<string>();
        await Parallel.ForEachAsync(
            operations,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = TestContext.Current.CancellationToken },
            async (operation, _) =>
            {
                var bucket = server.NewBucketName();
                string[] place = operation["scope"] switch
                {
                    "service" => [],
                    "bucket" => ["--bucket", bucket],
                    _ => ["--bucket", bucket, "--key", "some/key"],
                };
                var outcome = await _shelf.RunAsync(["api", operation["name"]!, .. place, .. Terms(operation["selector"]!), "--retry-times", "0"]);
                var logged = operation["scope"] == "service" ? $" {operation["api"]} /" : $" {operation["api"]} /{bucket}";
                if (outcome.ExitCode is not (0 or 2) || !await server.HasLoggedAsync(logged))
                {
                    wrong.Add($"{outcome.CommandLine}: {outcome.ExitCode} {outcome.Error}");
                }
            });
        Assert.Empty(wrong);
    }

    [Fact]
    public async Task Documents_go_in_and_out_in_every_form()
    {
        var bucket = await server.NewBucketAsync();
        const string tags = "<Tagging><TagSet><Tag><Key>camera</Key><Value>7</Value></Tag></TagSet></Tagging>";
        await server.PutAsync(bucket, "k", "x");
        string[] at = ["--bucket", bucket, "--key", "k"];
        _shelf.Write("tags.xml", tags);
        var put = (await _shelf.RunAsync(["api", "put-object-tagging", .. at, "--body", "file://tags.xml", "--show-headers"])).Exits(0);
        Assert.Equal("", put.Output);
        Assert.StartsWith("200 OK\n", put.Error, StringComparison.Ordinal);
        (await _shelf.RunWithAsync(tags.Replace("7", "8", StringComparison.Ordinal), ["api", "PutObjectTagging", .. at, "--body", "-"])).Succeeds();
        var xml = (await _shelf.RunAsync(["api", "get-object-tagging", .. at])).Succeeds();
        Assert.Contains("<Key>camera</Key>", xml.Output, StringComparison.Ordinal);
        var json = System.Text.Json.JsonDocument.Parse((await _shelf.RunAsync(["api", "get-object-tagging", .. at, "--output-format", "json"])).Succeeds().Bytes).RootElement;
        Assert.Equal("8", new Json(json)["Tagging.TagSet.Tag.Value"]);
        Yaml.IsTheSame(json, (await _shelf.RunAsync(["api", "get-object-tagging", .. at, "--output-format", "yaml"])).Succeeds().Output);
        Assert.Equal("200", (await _shelf.JsonAsync("api-headers", ["api", "head-object", .. at]))["status"]);
        Assert.Equal("x", (await _shelf.RunAsync(["api", "get-object", .. at, "--header", "Range:bytes=0-0"])).Succeeds().Output);
        var list = (await _shelf.RunAsync("api", "list-objects-v2", "--bucket", bucket, "--query", "prefix=k", "--output-format", "json")).Succeeds();
        Assert.Equal("k", new Json(System.Text.Json.JsonDocument.Parse(list.Bytes).RootElement)["ListBucketResult.Contents.Key"]);
    }

    [Theory]
    [InlineData("put-bucket-corz", "did you mean 'put-bucket-cors'")]
    [InlineData("get-bucket-acl", "it takes --bucket and no --key")]
    [InlineData("list-buckets --bucket some-bucket", "it takes neither --bucket nor --key")]
    [InlineData("upload-part --bucket some-bucket --key k", "needs --query 'uploadId=...'")]
    [InlineData("copy-object --bucket some-bucket --key k", "needs --header 'x-oss-copy-source:...'")]
    [InlineData("get-bucket-acl --bucket some-bucket --header nonsense", "a header is NAME:VALUE")]
    public async Task What_is_missing_is_said_before_anything_is_sent(string line, string message) =>
        (await _shelf.RunAsync(["api", .. line.Split(' ')])).Exits(1).Says(message);

    // What the table says a request of this operation carries: name, name=value, name=prefix*, @header.
    static IEnumerable<string> Terms(string selector) => selector.Split('&', StringSplitOptions.RemoveEmptyEntries).SelectMany(static term =>
        term[0] == '@' ? new[] { "--header", $"{term[1..]}:/some-bucket/source" }
        : term.Contains('*', StringComparison.Ordinal) ? ["--query", term.Replace("*", "x", StringComparison.Ordinal)]
        : term is "uploadId" or "x-oss-process" or "x-oss-async-process" ? ["--query", term + "=x"]
        : term == "partNumber" ? ["--query", "partNumber=1"]
        : []);
}
