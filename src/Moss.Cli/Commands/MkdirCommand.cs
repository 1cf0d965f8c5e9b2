using System.CommandLine;
using Moss.Cli.Frame;
using Moss.Client;

namespace Moss.Cli.Commands;

/// <summary><c>moss mkdir</c>: an empty object whose key ends in <c>/</c>.</summary>
static class MkdirCommand
{
    static readonly Argument<string> Address = Options.Argument("oss://bucket/dir/", "The directory; a / at the end is added.");

    public static Command Create(string name, string description) => new MossCommand(name, description)
        .With(Address)
        .Example("moss mkdir oss://bucket/photos/2026", "an object photos/2026/ that stands for a directory")
        .Run(RunAsync);

    static async Task RunAsync(Invocation invocation)
    {
        var uri = OssUri.ParseObject(invocation.Get(Address));
        var key = uri.Key.EndsWith('/') ? uri.Key : uri.Key + "/";
        await invocation.Client(uri.Bucket).PutObjectAsync(uri.Bucket, key, RequestBody.Empty, ct: invocation.Cancelled);
        await invocation.WriteAsync(new() { { "uri", $"oss://{uri.Bucket}/{key}" }, { "created", true } }, "");
    }
}
