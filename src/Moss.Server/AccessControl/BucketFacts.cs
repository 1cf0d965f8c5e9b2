using System.Runtime.CompilerServices;
using Moss.Protocol.Errors;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Server.AccessControl.Policies;
using Moss.Server.BucketRules;
using Moss.Storage;
using Moss.Storage.Metadata;

namespace Moss.Server.AccessControl;

/// <summary>What decides over access to a bucket and, where one is named, an object of it, as it was at one instant.</summary>
sealed record BucketFacts
{
    public required BucketRecord Bucket { get; init; }

    public PolicyDocument? Policy { get; init; }

    public bool RequesterPays { get; init; }

    public bool BlocksPublicAccess { get; init; }

    /// <summary>Empty unless a policy asks for them.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Tags { get; init; } = [];

    /// <summary>Null when it was not needed or is not there.</summary>
    public ObjectRecord? Object { get; init; }

    /// <summary>What a symlink leads to.</summary>
    public ObjectRecord? Target { get; init; }
}

/// <summary>Gathers the facts: those of the bucket from what is known of it, those of an object, where they matter, from its row.</summary>
sealed class BucketFactsReader(ObjectService storage, IMetadataStore metadata)
{
    /// <summary>The names of the configuration documents.</summary>
    public const string PolicyName = "policy", RequestPaymentName = "requestPayment", TaggingName = "tagging", PublicAccessBlockName = "publicAccessBlock";

    // A policy is parsed once for each array that the storage hands out, and forgotten with it.
    readonly ConditionalWeakTable<byte[], PolicyDocument> _policies = [];

    /// <summary>The account that owns a bucket; null when there is none.</summary>
    public ValueTask<string?> OwnerAsync(BucketName bucketName, CancellationToken ct) =>
        metadata.ReadAsync(async tx => (await tx.Buckets.FindAsync(bucketName))?.OwnerId, ct);

    /// <param name="bucketName">The bucket.</param>
    /// <param name="key">The object, or null for the bucket alone.</param>
    /// <param name="version">The version, or null for the current one.</param>
    /// <param name="identity">Who asks.</param>
    /// <param name="needs">What the identity's own policies have to know.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="OssException"><c>NoSuchBucket</c>.</exception>
    public async ValueTask<BucketFacts> ReadAsync(
        BucketName bucketName, ObjectKey? key, VersionId? version, Identity identity, PolicyNeeds needs, CancellationToken ct)
    {
        var snapshot = await storage.Buckets.SnapshotAsync(bucketName, ct);
        var bucket = snapshot.Bucket;
        var policy = snapshot.Configuration(PolicyName) is { } json
            ? _policies.GetValue(json, static bytes => PolicyParser.Parse(bytes, PolicyKind.Bucket))
            : null;
        if (policy is null && identity.IsAccount(bucket.OwnerId))
        {
            return new() { Bucket = bucket }; // Nothing can refuse the owner, and nobody else pays.
        }

        needs |= policy?.Needs ?? PolicyNeeds.None;
        var found = key is { } named ? await storage.Objects.FindForAccessAsync(bucket, named, version, ct) : default;
        return new()
        {
            Bucket = bucket,
            Policy = policy,
            RequesterPays = IsSet(snapshot.Configuration(RequestPaymentName), "Payer", "Requester"),
            BlocksPublicAccess = IsSet(snapshot.Configuration(PublicAccessBlockName), "BlockPublicAccess", "true")
                || await metadata.ReadAsync(tx => tx.Settings.FindAsync(AccountRules.PublicAccessBlockPrefix + bucket.OwnerId), ct) is not null,
            Tags = needs.HasFlag(PolicyNeeds.BucketTags) ? TagsOf(snapshot.Configuration(TaggingName)) : [],
            Object = found.Object,
            Target = found.Target,
        };
    }

    /// <summary>The object of facts that were gathered without it, because nothing could be refused to who asked.</summary>
    public async ValueTask<ObjectRecord?> ObjectAsync(BucketFacts facts, ObjectKey key, VersionId? version, CancellationToken ct) =>
        facts.Object ?? (await storage.Objects.FindForAccessAsync(facts.Bucket, key, version, ct)).Object;

    // Configuration documents are stored as XML; of these only one element matters here.
    public static bool IsSet(byte[]? document, string element, string value)
    {
        if (document is null)
        {
            return false;
        }

        using var reader = System.Xml.XmlReader.Create(new MemoryStream(document, writable: false));
        return reader.ReadToFollowing(element) && string.Equals(reader.ReadElementContentAsString().Trim(), value, StringComparison.OrdinalIgnoreCase);
    }

    static IReadOnlyList<KeyValuePair<string, string>> TagsOf(byte[]? document) =>
        document is null ? [] : XmlDocuments.Parse<Tagging>(document).Tags;
}
