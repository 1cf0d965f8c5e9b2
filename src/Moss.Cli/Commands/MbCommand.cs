using System.CommandLine;
using Moss.Cli.Frame;

namespace Moss.Cli.Commands;

/// <summary><c>moss mb</c></summary>
static class MbCommand
{
    static readonly Argument<string> Bucket = Options.Argument("oss://bucket", "The bucket: 3 to 63 small letters, digits and -.");
    static readonly Option<Moss.Protocol.Names.Acl?> Acl = Options.Acl();
    static readonly Option<Moss.Protocol.Names.StorageClass?> StorageClass = Options.StorageClass();

    public static Command Create(string name, string description) => new MossCommand(name, description)
        .With(Bucket, Acl, StorageClass)
        .Example("moss mb oss://bucket", "a private bucket")
        .Example("moss mb oss://bucket --acl public-read", "one that everybody may read")
        .Run(RunAsync);

    static async Task RunAsync(Invocation invocation)
    {
        var bucket = OssUri.ParseBucketOnly(invocation.Get(Bucket));
        await invocation.Client(bucket).PutBucketAsync(bucket, invocation.Get(Acl), invocation.Get(StorageClass), invocation.Cancelled);
        await invocation.WriteAsync(new() { { "bucket", bucket }, { "created", true } }, "");
        invocation.Say($"made oss://{bucket}");
    }
}
