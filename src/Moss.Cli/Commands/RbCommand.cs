using System.CommandLine;
using Moss.Cli.Frame;

namespace Moss.Cli.Commands;

/// <summary><c>moss rb</c></summary>
static class RbCommand
{
    static readonly Argument<string> Bucket = Options.Argument("oss://bucket", "The bucket.");

    public static Command Create(string name, string description) => new MossCommand(name, description)
        .With(Bucket)
        .Example("moss rb oss://bucket", "remove a bucket; it must be empty")
        .Run(RunAsync);

    static async Task RunAsync(Invocation invocation)
    {
        var bucket = OssUri.ParseBucketOnly(invocation.Get(Bucket));
        await invocation.Client(bucket).DeleteBucketAsync(bucket, invocation.Cancelled);
        await invocation.WriteAsync(new() { { "bucket", bucket }, { "removed", true } }, "");
        invocation.Say($"removed oss://{bucket}");
    }
}
