using System.Buffers;
using System.CommandLine;
using System.IO.Pipelines;
using Moss.Cli.Frame;
using Moss.Cli.Transfers;
using Moss.Client;

namespace Moss.Cli.Commands;

/// <summary><c>moss append</c>: adds a file, or what comes from stdin, to the end of an appendable object.</summary>
static class AppendCommand
{
    /// <summary>What is read of stdin before it is sent: an append that breaks off is found out and not done twice.</summary>
    const int BlockSize = 8 * 1024 * 1024;

    static readonly Argument<string> Source = Options.Argument("file", "A file, or - for stdin.");
    static readonly Argument<string> Address = Options.Argument("oss://bucket/key", "The object; it comes to be when there is none.");
    static readonly Option<long?> Position = Options.Number("--position", "Where the object must end now (asked of the service).", 0, long.MaxValue);

    public static Command Create(string name, string description) => new MossCommand(name, description)
        .With([Source, Address, Position, .. PropertyOptions.All])
        .Example("moss append today.log oss://bucket/app.log", "add a file to the end of an object")
        .Example("tail -F app.log | moss append - oss://bucket/app.log", "add what a program writes, as it comes")
        .Run(RunAsync);

    static async Task RunAsync(Invocation invocation)
    {
        var uri = OssUri.ParseObject(invocation.Get(Address));
        var client = invocation.Client(uri.Bucket);
        var properties = PropertyOptions.Read(invocation);
        var (position, crc) = (invocation.Get(Position), (ulong?)null);
        if (position is null)
        {
            var info = await client.FindObjectAsync(uri.Bucket, uri.Key, invocation.Cancelled);
            (position, crc) = info is null ? (0, 0UL) : (info.NextAppendPosition ?? info.Size, info.Crc64);
        }

        var added = 0L;
        WriteResult? last = null;
        if (invocation.Get(Source) == "-")
        {
            await using var input = Console.OpenStandardInput();
            await foreach (var block in BlocksAsync(input, invocation.Cancelled))
            {
                // The properties belong to the request that makes the object.
                last = await client.AppendObjectAsync(
                    uri.Bucket, uri.Key, position.Value + added, RequestBody.FromBytes(block), position + added == 0 ? properties : null, crc, invocation.Cancelled);
                added += block.Length;
                crc = last.Crc64;
            }
        }
        else
        {
            await using var file = new FileStream(invocation.Get(Source), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            last = await client.AppendObjectAsync(
                uri.Bucket, uri.Key, position.Value, RequestBody.FromFile(file.SafeFileHandle, 0, file.Length), position == 0 ? properties : null, crc, invocation.Cancelled);
            added = file.Length;
        }

        await invocation.WriteAsync(
            new()
            {
                { "uri", uri.ToString() },
                { "position", position },
                { "appended", added },
                { "nextAppendPosition", last?.NextAppendPosition ?? position },
                { "crc64", last?.Crc64 },
                { "etag", last?.ETag },
            },
            "");
        invocation.Say($"{Quantities.Size(added)} added to {uri}; it ends at {last?.NextAppendPosition ?? position}");
    }

    // What came while the last block was sent is the next: a log's line goes at once, bulk goes in large blocks.
    static async IAsyncEnumerable<ReadOnlyMemory<byte>> BlocksAsync(
        Stream input, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var pipe = new Pipe(new(pauseWriterThreshold: 2 * BlockSize, resumeWriterThreshold: BlockSize, minimumSegmentSize: 64 * 1024));
        var filling = FillAsync(input, pipe.Writer, ct);
        while (true)
        {
            var result = await pipe.Reader.ReadAsync(ct);
            var block = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, BlockSize));
            if (block.Length > 0)
            {
                yield return block.ToArray();
            }

            pipe.Reader.AdvanceTo(block.End);
            if (result.IsCompleted && block.Length == result.Buffer.Length)
            {
                break;
            }
        }

        await filling;
    }

    static async Task FillAsync(Stream input, PipeWriter writer, CancellationToken ct)
    {
        try
        {
            await input.CopyToAsync(writer, ct);
            await writer.CompleteAsync();
        }
        catch (Exception problem)
        {
            await writer.CompleteAsync(problem);
        }
    }
}
