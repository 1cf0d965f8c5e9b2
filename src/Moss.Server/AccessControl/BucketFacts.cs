using System.Collections.Concurrent;
using Moss.Protocol.Errors;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Server.AccessControl.Policies;
using Moss.Server.BucketRules;
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

/// <summary>Gathers the facts in one read.</summary>
sealed class BucketFactsReader(IMetadataStore metadata)
{
    /// <summary>The names of the configuration documents.</summary>
    public const string PolicyName = "policy", RequestPaymentName = "requestPayment", TaggingName = "tagging", PublicAccessBlockName = "publicAccessBlock";

    const int MaxCached = 4096;

    readonly ConcurrentDictionary<long, (byte[] Json, PolicyDocument Policy)> _policies = new();

    /// <param name="bucketName">The bucket.</param>
    /// <param name="key">The object, or null for the bucket alone.</param>
    /// <param name="version">The version, or null for the current one.</param>
    /// <param name="identity">Who asks.</param>
    /// <param name="needs">What the identity's own policies have to know.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="OssException"><c>NoSuchBucket</c>.</exception>
    public ValueTask<BucketFacts> ReadAsync(
        BucketName bucketName, ObjectKey? key, VersionId? version, Identity identity, PolicyNeeds needs, CancellationToken ct) =>
        metadata.ReadAsync(
            async tx =>
            {
                var bucket = await tx.Buckets.FindAsync(bucketName) ?? throw OssErrors.BucketMissing(bucketName.Value);
                var json = await tx.Buckets.FindConfigurationAsync(bucket.Id, PolicyName);
                var policy = json is null ? null : Parse(bucket.Id, json);
                var facts = new BucketFacts { Bucket = bucket, Policy = policy };
                if (policy is null && identity.IsAccount(bucket.OwnerId))
                {
                    return facts; // Nothing can refuse the owner, and nobody else pays.
                }

                needs |= policy?.Needs ?? PolicyNeeds.None;
                facts = facts with
                {
                    RequesterPays = IsSet(await tx.Buckets.FindConfigurationAsync(bucket.Id, RequestPaymentName), "Payer", "Requester"),
                    BlocksPublicAccess =
                        IsSet(await tx.Buckets.FindConfigurationAsync(bucket.Id, PublicAccessBlockName), "BlockPublicAccess", "true")
                        || await tx.Settings.FindAsync(AccountRules.PublicAccessBlockPrefix + bucket.OwnerId) is not null,
                    Tags = needs.HasFlag(PolicyNeeds.BucketTags) ? TagsOf(await tx.Buckets.FindConfigurationAsync(bucket.Id, TaggingName)) : [],
                };
                return key is { } named ? await WithObjectAsync(tx, facts, named, version) : facts;
            },
            ct);

    static async ValueTask<BucketFacts> WithObjectAsync(IMetadataTransaction tx, BucketFacts facts, ObjectKey key, VersionId? version)
    {
        var found = version is { } id
            ? await tx.Objects.FindVersionAsync(facts.Bucket.Id, key, id)
            : await tx.Objects.FindAsync(facts.Bucket.Id, key);
        var target = found is { Type: ObjectType.Symlink, Attributes.SymlinkTarget: { } link }
            ? await tx.Objects.FindAsync(facts.Bucket.Id, ObjectKey.Parse(link))
            : null;
        return facts with { Object = found, Target = target };
    }

    // A policy is parsed once for each text it had.
    PolicyDocument Parse(long bucketId, byte[] json)
    {
        if (_policies.TryGetValue(bucketId, out var cached) && cached.Json.AsSpan().SequenceEqual(json))
        {
            return cached.Policy;
        }

        if (_policies.Count >= MaxCached)
        {
            _policies.Clear();
        }

        var policy = PolicyParser.Parse(json, PolicyKind.Bucket);
        _policies[bucketId] = (json, policy);
        return policy;
    }

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
