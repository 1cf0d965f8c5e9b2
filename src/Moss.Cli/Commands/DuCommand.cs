using System.CommandLine;
using System.Text;
using Moss.Cli.Frame;
using Moss.Cli.Output;
using Moss.Cli.Transfers;
using Moss.Client;

namespace Moss.Cli.Commands;

/// <summary><c>moss du</c>: how much is below a prefix, by storage class, with the parts of open uploads.</summary>
static class DuCommand
{
    static readonly Argument<string> Address = Options.Argument("oss://bucket/prefix", "Where to count.");
    static readonly Option<bool> Human = Options.Flag("--human-readable", "Sizes such as 1.50 GiB.");
    static readonly Option<string?> BlockSize = Options.Word("--block-size", "The unit of the last line.", ["B", "KB", "MB", "GB", "TB"]);
    static readonly Option<bool> Versions = Options.Flag("--all-versions", "Count all versions.");
    static readonly Option<bool> NoParts = Options.Flag("--no-parts", "Do not look into open uploads.");

    sealed class Sum
    {
        public long Count { get; set; }

        public long Bytes { get; set; }

        public void Add(long bytes)
        {
            Count++;
            Bytes += bytes;
        }
    }

    public static Command Create(string name, string description) => new MossCommand(name, description)
    {
        Notes = "Open uploads have neither size nor metadata: where those choose, their parts are not counted.",
    }
        .With([Address, Human, BlockSize, Versions, NoParts, .. ObjectSelection.Filters, ObjectSelection.Dirs])
        .Example("moss du oss://bucket/2026/", "how much is below a prefix")
        .Example("moss du oss://bucket --metadata-include 'content-type=video/*'", "the videos of a bucket")
        .Example("moss du oss://bucket --block-size GB", "a whole bucket, in GB")
        .Run(RunAsync);

    static async Task RunAsync(Invocation invocation)
    {
        var uri = ObjectSelection.Place(invocation, invocation.Get(Address));
        var (selection, cut) = (ObjectSelection.Read(invocation), uri.NameStart);
        var client = invocation.Client(uri.Bucket);
        var classes = new SortedDictionary<string, Sum>(StringComparer.Ordinal);
        if (invocation.Get(Versions))
        {
            selection.RefuseHead(Versions.Name);
            await foreach (var page in client.ListObjectVersionsPagesAsync(uri.Bucket, selection.Listing(uri, invocation.Get(ObjectSelection.Dirs)), invocation.Cancelled))
            {
                foreach (var version in page.Versions.Where(version => !version.IsDeleteMarker && selection.TakesVersion(version, cut)))
                {
                    Of(classes, version.Object.StorageClass).Add(version.Object.Size);
                }
            }
        }
        else
        {
            await foreach (var found in selection.FindAsync(client, uri, null, invocation.Cancelled))
            {
                Of(classes, found.Listed!.Value.StorageClass).Add(found.Listed.Value.Size);
            }
        }

        var parts = invocation.Get(NoParts) || !selection.KnowsUploads ? new() : await PartsAsync(client, uri, selection, invocation.Cancelled);
        var objects = classes.Values.Sum(static sum => sum.Count);
        var bytes = classes.Values.Sum(static sum => sum.Bytes);
        var row = new Row
        {
            { "uri", uri.ToString() },
            { "objects", objects },
            { "objectBytes", bytes },
            { "parts", parts.Count },
            { "partBytes", parts.Bytes },
            { "bytes", bytes + parts.Bytes },
            {
                "storageClasses",
                classes.Select(static pair => new Row { { "storageClass", pair.Key }, { "objects", pair.Value.Count }, { "bytes", pair.Value.Bytes } }).ToList()
            },
        };
        await invocation.WriteAsync(row, Text(invocation, classes, objects, bytes, parts));
    }

    static async Task<Sum> PartsAsync(OssClient client, OssUri uri, ObjectSelection selection, CancellationToken ct)
    {
        var (sum, cut) = (new Sum(), uri.NameStart);
        await foreach (var upload in client.ListMultipartUploadsAsync(uri.Bucket, uri.Key, ct))
        {
            if (!selection.TakesUpload(upload, cut))
            {
                continue;
            }

            try
            {
                await foreach (var part in client.ListPartsAsync(uri.Bucket, upload.Key, upload.UploadId, ct))
                {
                    sum.Add(part.Size);
                }
            }
            catch (Moss.Protocol.Errors.OssException refusal) when (refusal.Code == "NoSuchUpload")
            {
                // Completed or aborted since it was listed.
            }
        }

        return sum;
    }

    // ossutil's layout, which scripts read.
    static string Text(Invocation invocation, SortedDictionary<string, Sum> classes, long objects, long bytes, Sum parts)
    {
        var human = invocation.Get(Human);
        string Size(long size) => human ? Quantities.Size(size) : size.ToString();
        var text = new StringBuilder($"{"storage class",-16}{"object count",-24}sum size(byte)\n");
        text.Append('-', 58).Append('\n');
        foreach (var (name, sum) in classes)
        {
            text.Append($"{name,-16}{sum.Count,-24}{Size(sum.Bytes)}\n");
        }

        text.Append('-', 58).Append('\n');
        text.Append($"total object count: {objects,-16}\ttotal object sum size: {Size(bytes)}\n");
        text.Append($"total part count:   {parts.Count,-16}\ttotal part sum size:   {Size(parts.Bytes)}\n\n");
        var total = bytes + parts.Bytes;
        return text.Append(invocation.Get(BlockSize)?.ToUpperInvariant() switch
        {
            "KB" => $"total du size(KB):{total / 1024.0:0.0000}",
            "MB" => $"total du size(MB):{total / 1048576.0:0.0000}",
            "GB" => $"total du size(GB):{total / 1073741824.0:0.0000}",
            "TB" => $"total du size(TB):{total / 1099511627776.0:0.0000}",
            _ when human => $"total du size:{Quantities.Size(total)}",
            _ => $"total du size(byte):{total}",
        }).ToString();
    }

    static Sum Of(SortedDictionary<string, Sum> classes, string storageClass)
    {
        if (!classes.TryGetValue(storageClass, out var sum))
        {
            classes.Add(storageClass, sum = new());
        }

        return sum;
    }
}
