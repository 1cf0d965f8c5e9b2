using System.CommandLine;
using Moss.Cli.Frame;
using Moss.Cli.Transfers;
using Moss.Protocol.Names;

namespace Moss.Cli.Commands;

/// <summary><c>moss set-acl</c></summary>
static class SetAclCommand
{
    static readonly Argument<string> Address = Options.Argument("oss://bucket/key", "A bucket, an object, or with -r a prefix.");

    static readonly Argument<string> AclWord = new("acl") { Description = "private, public-read, public-read-write, or for objects default." };

    static readonly Option<bool> Bucket = Options.Flag("--bucket", "As it is anyway for an address without a key.", "-b");
    static readonly Option<string?> VersionId = Options.Text("--version-id", "ID", "A version of the object.");

    public static Command Create(string name, string description)
    {
        AclWord.CompletionSources.Add("default", "private", "public-read", "public-read-write");
        Bucket.Hidden = true;
        return new MossCommand(name, description)
            .With([Address, AclWord, VersionId, Bucket, .. EachObject.All])
            .Example("moss set-acl oss://bucket public-read", "a bucket that everybody may read")
            .Example("moss set-acl oss://bucket/key default", "an object as its bucket has it")
            .Example("moss set-acl -r oss://bucket/www/ public-read", "all objects below a prefix")
            .Run(RunAsync);
    }

    static async Task<int> RunAsync(Invocation invocation)
    {
        var uri = ObjectSelection.Place(invocation, invocation.Get(Address));
        if (!WireWords.TryParseAcl(invocation.Get(AclWord), out var acl))
        {
            throw new UsageException($"'{invocation.Get(AclWord)}' is no ACL: default, private, public-read or public-read-write");
        }

        if (uri.Key.Length == 0 && !invocation.Get(EachObject.Recursive))
        {
            await invocation.Client(uri.Bucket).PutBucketAclAsync(uri.Bucket, acl, invocation.Cancelled);
            await invocation.WriteAsync(new() { { "bucket", uri.Bucket }, { "acl", acl.ToWire() } }, "");
            return ExitCode.Ok;
        }

        return await EachObject.RunAsync(invocation, TransferKind.Change, uri, async (client, found, ct) =>
        {
            await client.PutObjectAclAsync(uri.Bucket, found.Key, acl, invocation.Get(VersionId), ct);
            return true;
        });
    }
}
