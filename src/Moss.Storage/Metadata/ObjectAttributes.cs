using System.Text.Json;
using System.Text.Json.Serialization;

namespace Moss.Storage.Metadata;

/// <summary>
/// What a client said about an object and gets back with it. Header values are kept as they came, one character a byte (Latin-1): the
/// service neither decodes nor checks them.
/// </summary>
public sealed record ObjectAttributes
{
    public static readonly ObjectAttributes None = new();

    public string? ContentType { get; init; }

    public string? CacheControl { get; init; }

    public string? ContentDisposition { get; init; }

    public string? ContentEncoding { get; init; }

    public string? ContentLanguage { get; init; }

    public string? Expires { get; init; }

    /// <summary>Names in lower case without <c>x-oss-meta-</c>, in the order they came.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> UserMetadata { get; init; } = [];

    public IReadOnlyList<KeyValuePair<string, string>> Tags { get; init; } = [];

    /// <summary>Extra response headers of GetObject (<c>x-oss-persistent-headers</c>).</summary>
    public IReadOnlyList<KeyValuePair<string, string>> PersistentHeaders { get; init; } = [];

    /// <summary>The key that a symlink points to.</summary>
    public string? SymlinkTarget { get; init; }

    /// <summary>When an appendable object was sealed.</summary>
    public DateTimeOffset? SealedTime { get; init; }

    /// <summary>When a lifecycle rule last gave the object another storage class.</summary>
    public DateTimeOffset? TransitionTime { get; init; }

    /// <summary>Until when an object of an archive class can be read; null for not at all.</summary>
    public DateTimeOffset? RestoredUntil { get; init; }

    /// <summary><c>AES256</c>: every byte of the object is encrypted at rest. Null: nothing was promised.</summary>
    public string? ServerSideEncryption { get; init; }

    public string? ServerSideEncryptionKeyId { get; init; }

    public string? ServerSideDataEncryption { get; init; }

    /// <summary>Whether the bytes must be encrypted at rest.</summary>
    [JsonIgnore]
    public bool IsEncrypted => ServerSideEncryption is not null;

    /// <summary>Characters of all texts.</summary>
    [JsonIgnore]
    internal int TextLength =>
        LengthOf(UserMetadata) + LengthOf(Tags) + LengthOf(PersistentHeaders) + (ContentType?.Length ?? 0) + (CacheControl?.Length ?? 0)
        + (ContentDisposition?.Length ?? 0) + (ContentEncoding?.Length ?? 0) + (ContentLanguage?.Length ?? 0) + (Expires?.Length ?? 0);

    /// <summary>These, encrypted as the bucket has it where the request says nothing of it.</summary>
    public ObjectAttributes EncryptedAs(BucketRecord bucket) =>
        ServerSideEncryption is null && bucket.ServerSideEncryption.Length > 0 ? this with { ServerSideEncryption = bucket.ServerSideEncryption } : this;

    // With what a pair and its two strings take besides.
    static int LengthOf(IReadOnlyList<KeyValuePair<string, string>> pairs)
    {
        const int PairLength = 32;
        var length = 0;
        for (var i = 0; i < pairs.Count; i++)
        {
            length += PairLength + pairs[i].Key.Length + pairs[i].Value.Length;
        }

        return length;
    }

    /// <summary>The stored form.</summary>
    public byte[]? Encode() =>
        this == None ? null : JsonSerializer.SerializeToUtf8Bytes(this, ObjectAttributesJson.Default.ObjectAttributes);

    /// <summary>Reads the stored form; null is <see cref="None"/>.</summary>
    public static ObjectAttributes Decode(ReadOnlySpan<byte> stored) =>
        stored.IsEmpty ? None : JsonSerializer.Deserialize(stored, ObjectAttributesJson.Default.ObjectAttributes) ?? None;
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(ObjectAttributes))]
sealed partial class ObjectAttributesJson : JsonSerializerContext;
