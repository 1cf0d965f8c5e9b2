using System.CommandLine;
using Moss.Cli.Frame;

namespace Moss.Cli.Commands;

/// <summary><c>moss listpart</c>: the parts that an open upload has.</summary>
static class ListPartCommand
{
    static readonly Argument<string> Address = Options.Argument("oss://bucket/key", "The key.");
    static readonly Argument<string> UploadId = Options.Argument("upload-id", "The upload's id: moss ls -m shows it.");

    public static Command Create(string name, string description) => new MossCommand(name, description)
        .With(Address, UploadId)
        .Example("moss listpart oss://bucket/video.mp4 0004B9894A22E5B1888A1E29F823", "what of an upload has arrived")
        .Run(RunAsync);

    static async Task RunAsync(Invocation invocation)
    {
        var uri = OssUri.ParseObject(invocation.Get(Address));
        var writer = invocation.Rows([
            new("partNumber", "PartNumber", -10), new("etag", "Etag", -34), new("size", "Size(Byte)", 14), new("lastModified", "LastModifyTime", -29),
            new("crc64", "CRC64", 0),
        ]);
        var (count, bytes) = (0L, 0L);
        await foreach (var part in invocation.Client(uri.Bucket).ListPartsAsync(uri.Bucket, uri.Key, invocation.Get(UploadId), invocation.Cancelled))
        {
            count++;
            bytes += part.Size;
            await writer.WriteAsync(
                new()
                {
                    { "partNumber", part.PartNumber },
                    { "etag", part.ETag.Trim('"') },
                    { "size", part.Size },
                    { "lastModified", part.LastModified },
                    { "crc64", part.HashCrc64ecma },
                },
                invocation.Cancelled);
        }

        await writer.EndAsync($"\ntotal part count:{count}\ttotal part size(MB):{bytes / 1048576.0:0.00}", invocation.Cancelled);
    }
}
