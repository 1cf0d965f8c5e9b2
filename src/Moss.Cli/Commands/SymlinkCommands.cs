using System.CommandLine;
using Moss.Cli.Frame;
using Moss.Cli.Transfers;

namespace Moss.Cli.Commands;

/// <summary><c>moss create-symlink</c> and <c>moss read-symlink</c>.</summary>
static class SymlinkCommands
{
    static readonly Argument<string> Link = Options.Argument("oss://bucket/link", "The link.");
    static readonly Argument<string> Target = Options.Argument("target", "The key it points to, or oss://bucket/key of the same bucket.");
    static readonly Option<string?> VersionId = Options.Text("--version-id", "ID", "A version of the link.");

    public static Command CreateWriter(string name, string description) => new MossCommand(name, description)
        .With([Link, Target, .. PropertyOptions.All])
        .Example("moss create-symlink oss://bucket/latest oss://bucket/2026/11/22.tar", "reading 'latest' reads the other")
        .Run(WriteAsync);

    public static Command CreateReader(string name, string description) => new MossCommand(name, description)
        .With(Link, VersionId)
        .Example("moss read-symlink oss://bucket/latest", "where a link points")
        .Run(ReadAsync);

    static async Task WriteAsync(Invocation invocation)
    {
        var link = OssUri.ParseObject(invocation.Get(Link));
        var target = invocation.Get(Target);
        if (OssUri.Is(target))
        {
            var uri = OssUri.ParseObject(target);
            target = uri.Bucket == link.Bucket ? uri.Key : throw new UsageException("a link points within its bucket");
        }

        var result = await invocation.Client(link.Bucket).PutSymlinkAsync(link.Bucket, link.Key, target, PropertyOptions.Read(invocation), invocation.Cancelled);
        await invocation.WriteAsync(new() { { "uri", link.ToString() }, { "target", target }, { "etag", result.ETag } }, "");
    }

    static async Task ReadAsync(Invocation invocation)
    {
        var link = OssUri.ParseObject(invocation.Get(Link));
        var info = await invocation.Client(link.Bucket).GetSymlinkAsync(link.Bucket, link.Key, invocation.Get(VersionId), invocation.Cancelled);
        await invocation.WriteAsync(
            new() { { "uri", link.ToString() }, { "target", info.Target }, { "etag", info.ETag }, { "versionId", info.VersionId } },
            $"{"Etag",-26}: {info.ETag}\n{"X-Oss-Symlink-Target",-26}: {Output.RowWriter.PlainText(info.Target)}");
    }
}
