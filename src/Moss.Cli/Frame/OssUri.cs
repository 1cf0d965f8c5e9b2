using Moss.Protocol.Errors;
using Moss.Protocol.Names;

namespace Moss.Cli.Frame;

/// <summary>
/// <c>oss://bucket/key</c>. The key is what stands after the bucket's slash, byte for byte: nothing in it is decoded or tidied.
/// </summary>
/// <param name="Bucket">Empty for <c>oss://</c>.</param>
/// <param name="Key">A key, a prefix, or empty.</param>
readonly record struct OssUri(string Bucket, string Key)
{
    const string Scheme = "oss://";

    /// <summary>Whether a text names something in the service rather than a local file.</summary>
    public static bool Is(string text) => text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);

    /// <exception cref="UsageException">No <c>oss://</c>, or what stands behind it is no bucket or key.</exception>
    public static OssUri Parse(string text, bool decode = false)
    {
        if (!Is(text))
        {
            throw new UsageException($"'{text}' is not an address: it must look like oss://bucket/key");
        }

        var rest = text[Scheme.Length..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var (bucket, key) = slash < 0 ? (rest, "") : (rest[..slash], rest[(slash + 1)..]);
        key = decode ? Uri.UnescapeDataString(key) : key;
        Check(text, bucket, key);
        return new(bucket, key);
    }

    /// <summary>An address that names a bucket at least.</summary>
    public static OssUri ParseBucket(string text, bool decode = false)
    {
        var uri = Parse(text, decode);
        return uri.Bucket.Length > 0 ? uri : throw new UsageException($"'{text}' names no bucket: it must look like oss://bucket");
    }

    /// <summary>An address that names a bucket and nothing in it.</summary>
    public static string ParseBucketOnly(string text)
    {
        var uri = ParseBucket(text);
        return uri.Key.Length == 0 ? uri.Bucket : throw new UsageException($"'{text}' names an object; a bucket is wanted: oss://{uri.Bucket}");
    }

    /// <summary>An address that names an object.</summary>
    public static OssUri ParseObject(string text, bool decode = false)
    {
        var uri = ParseBucket(text, decode);
        return uri.Key.Length > 0 ? uri : throw new UsageException($"'{text}' names no object: it must look like oss://{uri.Bucket}/key");
    }

    /// <summary>Where, in the keys below this prefix, the names begin that are relative to it: behind its last <c>/</c>.</summary>
    public int NameStart => Key.LastIndexOf('/') + 1;

    /// <summary>The same with a <c>/</c> at the end of a prefix.</summary>
    public OssUri AsFolder() => Key.Length == 0 || Key[^1] == '/' ? this : this with { Key = Key + "/" };

    public override string ToString() => $"{Scheme}{Bucket}/{Key}";

    static void Check(string text, string bucket, string key)
    {
        if (bucket.Length == 0 && key.Length > 0)
        {
            throw new UsageException($"'{text}' names a key without a bucket");
        }

        if (bucket.Length > 0 && !BucketName.TryParse(bucket, out _))
        {
            throw new UsageException($"'{text}': '{bucket}' is no bucket's name: 3 to 63 small letters, digits and -, with a letter or digit at both ends");
        }

        try
        {
            _ = key.Length > 0 ? ObjectKey.Parse(key) : default;
        }
        catch (OssException refusal)
        {
            throw new UsageException($"'{text}': {refusal.Message}");
        }
    }
}
