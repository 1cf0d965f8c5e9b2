using System.CommandLine;
using Moss.Cli.Frame;
using Moss.Client;
using Moss.Client.Transfer;

namespace Moss.Cli.Transfers;

/// <summary>What a copy within the service takes over of its source beside the bytes, and what is said instead.</summary>
/// <param name="Metadata">What becomes of the source's metadata.</param>
/// <param name="Tags">What becomes of its tags.</param>
/// <param name="Named">What the command line names.</param>
sealed record CopyRule(PropertyDirective Metadata, PropertyDirective Tags, ObjectProperties Named)
{
    static readonly Option<string?> Props = Options.Word(
        "--copy-props", "What a copy takes over: metadata and tags (default), metadata alone, or none.", ["none", "metadata", "default"]);

    static readonly Option<string?> MetadataDirective = Options.Word(
        "--metadata-directive", "Of a copy: take the source's metadata (COPY) or only what is named here (REPLACE); without it what is named is set and the rest taken.", ["COPY", "REPLACE"]);

    static readonly Option<string?> TaggingDirective = Options.Word(
        "--tagging-directive", "Of a copy: take the source's tags (COPY) or only those of --tagging (REPLACE).", ["COPY", "REPLACE"]);

    public static readonly Option[] All = [Props, MetadataDirective, TaggingDirective];

    /// <summary>Uploads and downloads have no source to take properties from.</summary>
    /// <exception cref="UsageException">It was asked for.</exception>
    public static void Refuse(Invocation invocation)
    {
        if (All.FirstOrDefault(invocation.Has) is { } option)
        {
            throw new UsageException($"{option.Name} is about copies within the service: its source and its destination look like oss://bucket/key");
        }
    }

    /// <exception cref="UsageException">One option says to keep what another says to set.</exception>
    public static CopyRule Read(Invocation invocation)
    {
        var named = PropertyOptions.Read(invocation) ?? new();
        var props = invocation.Get(Props)?.ToLowerInvariant() ?? "default";
        return new(
            Directive(invocation, MetadataDirective, PropertyOptions.HasMetadata(named), props == "none", PropertyDirective.Update, "--metadata, --content-type and their kin"),
            Directive(invocation, TaggingDirective, named.Tags.Count > 0, props != "default", PropertyDirective.Replace, "--tagging"),
            named);
    }

    /// <summary>
    /// The properties to ask a copy for, null when it is to be as its source; and what was read of the source to make them, null when nothing was: the
    /// copy has to be of the same.
    /// </summary>
    public async Task<(ObjectProperties? Properties, ObjectInfo? Read)> OfAsync(OssClient client, CopySource source, bool forbidOverwrite, CancellationToken ct)
    {
        if (this is { Metadata: PropertyDirective.Keep, Tags: PropertyDirective.Keep, Named: { Acl: null, StorageClass: null, OtherHeaders: [] } } && !forbidOverwrite)
        {
            return (null, null);
        }

        var now = new ObjectProperties();
        ObjectInfo? read = null;
        if (Metadata != PropertyDirective.Replace || Tags != PropertyDirective.Replace)
        {
            read = await client.HeadObjectAsync(source.Bucket, source.Key, new() { VersionId = source.VersionId }, ct);
            now = CopiedProperties.Described(read) with
            {
                Tags = Tags == PropertyDirective.Replace ? now.Tags : await CopiedProperties.TagsAsync(client, source, read, ct),
            };
        }

        var then = ObjectRewrite.Exact(Metadata.Metadata(now, Named) with
        {
            Acl = Named.Acl,
            StorageClass = Named.StorageClass,
            Tags = Tags.Apply(now.Tags, Named.Tags),
            OtherHeaders = Named.OtherHeaders,
            ForbidOverwrite = forbidOverwrite,
        });
        return (then, read);
    }

    static PropertyDirective Directive(Invocation invocation, Option<string?> option, bool isNamed, bool isDropped, PropertyDirective setting, string what) =>
        invocation.Get(option)?.ToUpperInvariant() switch
        {
            "COPY" when isNamed => throw new UsageException($"{option.Name} COPY takes what the source has: it goes with no {what}"),
            "COPY" => PropertyDirective.Keep,
            "REPLACE" => PropertyDirective.Replace,
            _ => isDropped ? PropertyDirective.Replace : isNamed ? setting : PropertyDirective.Keep,
        };
}
