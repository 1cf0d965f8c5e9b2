using System.CommandLine;
using Moss.Cli.Frame;
using Moss.Cli.Output;
using Moss.Client;
using Moss.Protocol.Errors;
using Moss.Protocol.Xml;

namespace Moss.Cli.Commands;

/// <summary><c>moss uploads</c>: open uploads, what they hold, and an end to those that nobody will finish.</summary>
static class UploadsCommand
{
    static readonly Argument<string> Prefix = Options.Argument("oss://bucket/prefix", "Where to look.");
    static readonly Argument<string> Key = Options.Argument("oss://bucket/key", "The key.");
    static readonly Option<TimeSpan?> OlderThan = Options.Duration("--older-than", "Only those that were begun at least so long ago: 7d, 12h.");
    static readonly Option<bool> WithParts = Options.Flag("--parts", "Count their parts and bytes (a request more for each).");
    static readonly Option<string?> UploadId = Options.Text("--upload-id", "ID", "The upload.");
    static readonly Option<bool> All = Options.Flag("--all", "All open uploads of this key.");
    static readonly Option<bool> DryRun = Options.Flag("--dry-run", "Only say which.", "-n");

    public static Command Create(string name, string description)
    {
        var list = new MossCommand("ls", "List open uploads.")
            .With(Prefix, OlderThan, WithParts)
            .Example("moss uploads ls oss://bucket --parts", "with what they hold")
            .Run(ListAsync);
        var abort = new MossCommand("abort", "Discard an open upload and its parts.")
            .With(Key, UploadId, All)
            .Example("moss uploads abort oss://bucket/video.mp4 --upload-id ID", "this one")
            .Example("moss uploads abort oss://bucket/video.mp4 --all", "all of the key")
            .Run(AbortAsync);
        var collect = new MossCommand("gc", "Discard open uploads that are old.")
            .With(Prefix, OlderThan, DryRun)
            .Example("moss uploads gc oss://bucket --older-than 7d", "all that are older than a week")
            .Run(CollectAsync);
        return new MossCommand(name, description)
            .With(list, abort, collect)
            .Example("moss uploads ls oss://bucket", "what is open, since when")
            .Example("moss uploads gc oss://bucket --older-than 7d --dry-run", "what would be discarded");
    }

    static async Task ListAsync(Invocation invocation)
    {
        var uri = OssUri.ParseBucket(invocation.Get(Prefix));
        var withParts = invocation.Get(WithParts);
        Column[] columns = withParts
            ? [new("initiated", "InitiatedTime", -29), new("uploadId", "UploadID", -34), new("parts", "Parts", 6), new("bytes", "Size(B)", 14), new("uri", "ObjectName", 0)]
            : [new("initiated", "InitiatedTime", -29), new("uploadId", "UploadID", -34), new("uri", "ObjectName", 0)];
        var writer = invocation.Rows(columns);
        var count = 0L;
        await foreach (var upload in OldAsync(invocation, uri))
        {
            var row = LsCommand.RowOf(uri.Bucket, upload);
            if (withParts)
            {
                var (parts, bytes) = await HeldAsync(invocation.Client(uri.Bucket), uri.Bucket, upload, invocation.Cancelled);
                row.Add("parts", parts);
                row.Add("bytes", bytes);
            }

            count++;
            await writer.WriteAsync(row, invocation.Cancelled);
        }

        await writer.EndAsync($"UploadID Number is: {count}", invocation.Cancelled);
    }

    static async Task<int> AbortAsync(Invocation invocation)
    {
        var uri = OssUri.ParseObject(invocation.Get(Key));
        var client = invocation.Client(uri.Bucket);
        var id = invocation.Get(UploadId);
        if (id is null == !invocation.Get(All))
        {
            throw new UsageException("say which upload: --upload-id ID, or --all");
        }

        if (id is not null)
        {
            await client.AbortMultipartUploadAsync(uri.Bucket, uri.Key, id, invocation.Cancelled);
            await invocation.WriteAsync(new() { { "aborted", 1 } }, "");
            invocation.Say($"discarded {id}");
            return ExitCode.Ok;
        }

        var count = 0;
        await foreach (var upload in client.ListMultipartUploadsAsync(uri.Bucket, uri.Key, invocation.Cancelled))
        {
            if (upload.Key == uri.Key)
            {
                count += await DiscardAsync(client, uri.Bucket, upload, invocation.Cancelled) ? 1 : 0;
            }
        }

        await invocation.WriteAsync(new() { { "aborted", count } }, "");
        invocation.Say($"discarded {count} uploads of {uri}");
        return ExitCode.Ok;
    }

    static async Task<int> CollectAsync(Invocation invocation)
    {
        var uri = OssUri.ParseBucket(invocation.Get(Prefix));
        if (invocation.Get(OlderThan) is null)
        {
            throw new UsageException("say how old: --older-than 7d");
        }

        var client = invocation.Client(uri.Bucket);
        var (dryRun, count, failed, freed) = (invocation.Get(DryRun), 0L, 0L, 0L);
        await foreach (var upload in OldAsync(invocation, uri))
        {
            try
            {
                var (_, bytes) = await HeldAsync(client, uri.Bucket, upload, invocation.Cancelled);
                if (dryRun || await DiscardAsync(client, uri.Bucket, upload, invocation.Cancelled))
                {
                    count++;
                    freed += bytes;
                    invocation.Say($"{(dryRun ? "would discard" : "discarded")} {upload.UploadId} of oss://{uri.Bucket}/{upload.Key}, {Quantities.Size(bytes)}");
                }
            }
            catch (OssException refusal)
            {
                failed++;
                Invocation.Warn($"oss://{uri.Bucket}/{upload.Key} {upload.UploadId}: {Failures.Describe(refusal)}");
            }
        }

        await invocation.WriteAsync(
            new() { { dryRun ? "found" : "aborted", count }, { "bytes", freed }, { "failed", failed } },
            $"{count} uploads, {Quantities.Size(freed)}{(dryRun ? "; nothing was done" : "")}");
        return failed == 0 ? ExitCode.Ok : ExitCode.Partial;
    }

    static async IAsyncEnumerable<ListedUpload> OldAsync(Invocation invocation, OssUri uri)
    {
        var latest = invocation.Get(OlderThan) is { } age ? Invocation.Time.GetUtcNow() - age : DateTimeOffset.MaxValue;
        await foreach (var upload in invocation.Client(uri.Bucket).ListMultipartUploadsAsync(uri.Bucket, uri.Key, invocation.Cancelled))
        {
            if (upload.Initiated <= latest)
            {
                yield return upload;
            }
        }
    }

    static async Task<(long Parts, long Bytes)> HeldAsync(OssClient client, string bucket, ListedUpload upload, CancellationToken ct)
    {
        var (parts, bytes) = (0L, 0L);
        try
        {
            await foreach (var part in client.ListPartsAsync(bucket, upload.Key, upload.UploadId, ct))
            {
                parts++;
                bytes += part.Size;
            }
        }
        catch (OssException refusal) when (refusal.Code == "NoSuchUpload")
        {
            // Completed or discarded since it was listed.
        }

        return (parts, bytes);
    }

    // False when it is gone already.
    static async Task<bool> DiscardAsync(OssClient client, string bucket, ListedUpload upload, CancellationToken ct)
    {
        try
        {
            await client.AbortMultipartUploadAsync(bucket, upload.Key, upload.UploadId, ct);
            return true;
        }
        catch (OssException refusal) when (refusal.Code == "NoSuchUpload")
        {
            return false;
        }
    }
}
