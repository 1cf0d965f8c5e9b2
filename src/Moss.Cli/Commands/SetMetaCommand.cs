using System.CommandLine;
using Moss.Cli.Frame;
using Moss.Cli.Transfers;
using Moss.Client;
using Moss.Protocol.Names;

namespace Moss.Cli.Commands;

/// <summary><c>moss set-meta</c>: headers and metadata of an object, by a copy onto itself; its bytes stay where they are.</summary>
static class SetMetaCommand
{
    static readonly Argument<string> Address = Options.Argument("oss://bucket/key", "An object, or with -r a prefix.");

    static readonly Argument<string?> Meta = Options.OptionalArgument(
        "meta", "NAME:VALUE#NAME:VALUE, names such as Content-Type, Cache-Control, X-Oss-Meta-a; with --delete NAME#NAME.");

    static readonly Option<bool> Update = Options.Flag("--update", "Change what is named and keep the rest; else what is not named goes.");
    static readonly Option<bool> Delete = Options.Flag("--delete", "Remove what is named and keep the rest.");
    static readonly Option<bool> Recursive = Options.Flag("--recursive", "All objects below the prefix.", "-r");
    static readonly Option<bool> Force = Options.Flag("--force", "As it is anyway: nothing is asked.", "-f");

    public static Command Create(string name, string description)
    {
        Force.Hidden = true;
        return new MossCommand(name, description)
            .With(Address, Meta, Update, Delete, Recursive, Force)
            .Example("moss set-meta oss://bucket/key 'Cache-Control:no-cache' --update", "set one header, keep the others")
            .Example("moss set-meta oss://bucket/key 'X-Oss-Meta-Camera:7#Content-Type:video/mp4'", "set these and drop all others")
            .Example("moss set-meta oss://bucket/key X-Oss-Meta-Camera --delete", "drop one")
            .Run(RunAsync);
    }

    static async Task<int> RunAsync(Invocation invocation)
    {
        var uri = invocation.Get(Recursive) ? OssUri.ParseBucket(invocation.Get(Address)) : OssUri.ParseObject(invocation.Get(Address));
        var (update, delete) = (invocation.Get(Update), invocation.Get(Delete));
        if (update && delete)
        {
            throw new UsageException("--update and --delete exclude each other");
        }

        var meta = invocation.Get(Meta) ?? "";
        if (meta.Length == 0 && (update || delete))
        {
            throw new UsageException("say which headers");
        }

        if (!delete)
        {
            // Refused before anything is changed, not at the first object.
            PropertyOptions.ApplyMeta(new(), meta, []);
        }

        return await EachObject.RunAsync(invocation, uri, invocation.Get(Recursive), (client, key, ct) => ChangeAsync(client, uri.Bucket, key, meta, update, delete, ct));
    }

    static async Task ChangeAsync(OssClient client, string bucket, string key, string meta, bool update, bool delete, CancellationToken ct)
    {
        var info = await client.HeadObjectAsync(bucket, key, ct: ct);
        var acl = await client.GetObjectAclAsync(bucket, key, ct: ct);
        var user = new Dictionary<string, string>(StringComparer.Ordinal);
        // A copy has the ACL and the storage class of the request, not of the source.
        var properties = new ObjectProperties
        {
            Acl = WireWords.TryParseAcl(acl.Grant, out var grant) && grant != Acl.Default ? grant : null,
            StorageClass = WireWords.TryParseStorageClass(info.StorageClass, out var kind) ? kind : null,
        };
        if (update || delete)
        {
            var dropped = delete ? meta.Split('#').Select(static name => name.Trim().ToLowerInvariant()).ToHashSet(StringComparer.Ordinal) : [];
            string? Kept(string name) => dropped.Contains(name.ToLowerInvariant()) ? null : info.Headers.Get(name);
            properties = properties with
            {
                ContentType = Kept("Content-Type"),
                CacheControl = Kept("Cache-Control"),
                ContentDisposition = Kept("Content-Disposition"),
                ContentEncoding = Kept("Content-Encoding"),
                ContentLanguage = Kept("Content-Language"),
                Expires = Kept("Expires"),
            };
            foreach (var (name, value) in info.UserMetadata.Where(pair => !dropped.Contains("x-oss-meta-" + pair.Key)))
            {
                user[name] = value;
            }
        }

        if (!delete)
        {
            properties = PropertyOptions.ApplyMeta(properties, meta, user);
        }

        await client.CopyObjectAsync(new(bucket, key), bucket, key, properties with { UserMetadata = user }, info.ETag, ct);
    }
}
