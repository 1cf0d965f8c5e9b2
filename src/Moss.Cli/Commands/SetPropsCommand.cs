using System.CommandLine;
using Moss.Cli.Frame;
using Moss.Cli.Transfers;
using Moss.Client;

namespace Moss.Cli.Commands;

/// <summary><c>moss set-props</c>: ACL, storage class, metadata and tags of objects, each by the cheapest request that does it.</summary>
static class SetPropsCommand
{
    static readonly Option<string?> MetadataDirective = Directives.OfMetadata();
    static readonly Option<string?> TaggingDirective = Directives.OfTags();
    static readonly Option<string?> VersionId = Options.Text("--version-id", "ID", "A version of the object.");

    public static Command Create(string name, string description) => new MossCommand(name, description)
    {
        Notes = """
            ACL and tags are set as they are. Storage class and metadata need a copy of the object onto itself within the service (above 5 GiB by
            parts); when it is replaced meanwhile nothing is changed. It is a new version in a bucket that keeps versions, and an appendable object can
            no longer be appended to. So with --version-id they are set of the current version only.
            """,
    }
        .With([EachObject.Address, .. PropertyOptions.All, MetadataDirective, TaggingDirective, VersionId, .. EachObject.All])
        .Example("moss set-props oss://bucket/key --acl private", "who may read an object")
        .Example("moss set-props -r oss://bucket/www/ --include '*.html' --cache-control no-cache", "one header of many objects; the others stay")
        .Example("moss set-props -r oss://bucket/2019/ --storage-class Archive --min-size 1Mi", "another class for what is large")
        .Example("moss set-props oss://bucket/key --tagging camera=7,keep=yes --tagging-directive replace", "these tags and no others")
        .Example("moss set-props oss://bucket/key --metadata camera= --metadata-directive delete", "drop x-oss-meta-camera")
        .Run(RunAsync);

    static Task<int> RunAsync(Invocation invocation)
    {
        var (place, version) = (EachObject.Place(invocation), EachObject.Version(invocation, VersionId));
        var change = Change.Read(invocation);
        return EachObject.RunAsync(invocation, TransferKind.Change, place, async (client, found, ct) =>
        {
            await change.ApplyAsync(client, new(place.Bucket, found.Key, version), ct);
            return true;
        });
    }

    /// <summary>What is to be different of every object.</summary>
    sealed record Change(ObjectProperties Named, PropertyDirective Metadata, PropertyDirective Tags)
    {
        public static Change Read(Invocation invocation)
        {
            var named = PropertyOptions.Read(invocation) ?? new();
            var change = new Change(
                named,
                Directives.Read(MetadataDirective, invocation.Get(MetadataDirective), PropertyOptions.HasMetadata(named), "--metadata, --content-type, --cache-control and their kin"),
                Directives.Read(TaggingDirective, invocation.Get(TaggingDirective), named.Tags.Count > 0, "--tagging"));
            return change is { Named: { Acl: null, StorageClass: null, OtherHeaders: [] }, Metadata: PropertyDirective.Keep, Tags: PropertyDirective.Keep }
                ? throw new UsageException("say what to set: --acl, --storage-class, --metadata, --tagging, --content-type, --cache-control and their kin")
                : change;
        }

        public Task ApplyAsync(OssClient client, CopySource at, CancellationToken ct) =>
            Metadata != PropertyDirective.Keep || Named is { StorageClass: not null } or { OtherHeaders.Count: > 0 } ? RewriteAsync(client, at, ct) : SetAsync(client, at, ct);

        async Task RewriteAsync(OssClient client, CopySource at, CancellationToken ct)
        {
            if (at.VersionId is { } version
                && (await client.FindObjectAsync(at.Bucket, at.Key, ct) is not { } current || (current.VersionId ?? "null") != version))
            {
                throw new FailedException(
                    ExitCode.Client,
                    $"'{version}' is not the current version of '{at.Key}': a copy of it would be; ACL and tags can be set without one, and 'moss revert' makes it the current one");
            }

            await ObjectRewrite.RunAsync(
                client, at, now => ObjectRewrite.With(now, Named, Metadata) with { Tags = Tags.Apply(now.Tags, Named.Tags) }, ct);
        }

        async Task SetAsync(OssClient client, CopySource at, CancellationToken ct)
        {
            if (Named.Acl is { } acl)
            {
                await client.PutObjectAclAsync(at.Bucket, at.Key, acl, at.VersionId, ct);
            }

            if (Tags == PropertyDirective.Keep)
            {
                return;
            }

            var now = Tags is PropertyDirective.Update or PropertyDirective.Delete
                ? (await client.GetObjectTaggingAsync(at.Bucket, at.Key, at.VersionId, ct)).ToDictionary(StringComparer.Ordinal)
                : [];
            var then = Tags.Apply(now, Named.Tags);
            await (then.Count > 0
                ? client.PutObjectTaggingAsync(at.Bucket, at.Key, then, at.VersionId, ct)
                : client.DeleteObjectTaggingAsync(at.Bucket, at.Key, at.VersionId, ct));
        }
    }
}
