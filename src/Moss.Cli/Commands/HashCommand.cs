using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using Moss.Cli.Frame;
using Moss.Cli.Output;
using Moss.Protocol.Hashing;

namespace Moss.Cli.Commands;

/// <summary><c>moss hash</c>: the checksums of a local file, or those that the service has of an object.</summary>
static class HashCommand
{
    static readonly Argument<string> Place = Options.Argument("file or oss://bucket/key", "A file, - for stdin, or an object.");
    static readonly Option<string?> Kind = Options.Word("--type", "Only one of them.", ["crc64", "md5"]);

    public static Command Create(string name, string description) => new MossCommand(name, description)
        .With(Place, Kind)
        .Example("moss hash video.mp4", "CRC-64 and MD5 of a file")
        .Example("moss hash oss://bucket/video.mp4", "what the service says; the CRC-64 must be the same")
        .Run(RunAsync);

    static Task RunAsync(Invocation invocation) =>
        OssUri.Is(invocation.Get(Place)) ? RemoteAsync(invocation, OssUri.ParseObject(invocation.Get(Place))) : LocalAsync(invocation, invocation.Get(Place));

    static async Task LocalAsync(Invocation invocation, string path)
    {
        var kind = invocation.Get(Kind)?.ToUpperInvariant();
        await using var file = path == "-" ? Console.OpenStandardInput() : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1, useAsync: true);
        var crc = new Crc64();
#pragma warning disable CA5351 // The protocol's own checksum.
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
#pragma warning restore CA5351
        var buffer = new byte[1024 * 1024];
        while (await file.ReadAsync(buffer, invocation.Cancelled) is var read and > 0)
        {
            if (kind is null or "CRC64")
            {
                crc.Append(buffer.AsSpan(0, read));
            }

            if (kind is null or "MD5")
            {
                md5.AppendData(buffer, 0, read);
            }
        }

        var digest = md5.GetHashAndReset();
        await WriteAsync(
            invocation,
            path,
            kind is null or "CRC64" ? crc.Value : null,
            kind is null or "MD5" ? Convert.ToHexString(digest) : null,
            kind is null or "MD5" ? Convert.ToBase64String(digest) : null,
            null);
    }

    static async Task RemoteAsync(Invocation invocation, OssUri uri)
    {
        var kind = invocation.Get(Kind)?.ToUpperInvariant();
        var info = await invocation.Client(uri.Bucket).HeadObjectAsync(uri.Bucket, uri.Key, ct: invocation.Cancelled);
        var base64 = info.Headers.Get("Content-MD5");
        await WriteAsync(
            invocation,
            uri.ToString(),
            kind is null or "CRC64" ? info.Crc64 : null,
            kind is null or "MD5" && base64 is not null ? Convert.ToHexString(Convert.FromBase64String(base64)) : null,
            kind is null or "MD5" ? base64 : null,
            kind is null ? info.ETag : null);
    }

    static Task WriteAsync(Invocation invocation, string name, ulong? crc, string? md5, string? contentMd5, string? etag)
    {
        var lines = new List<string>();
        void Line(string title, string? value)
        {
            if (value is not null)
            {
                lines.Add($"{title,-28}: {value}");
            }
        }

        Line("CRC64-ECMA", crc?.ToString(CultureInfo.InvariantCulture));
        Line("MD5", md5);
        Line("Content-MD5", contentMd5);
        Line("Etag", etag);
        var row = new Row { { "name", name }, { "crc64", crc }, { "md5", md5 }, { "contentMd5", contentMd5 }, { "etag", etag } };
        return invocation.WriteAsync(row, string.Join('\n', lines));
    }
}
