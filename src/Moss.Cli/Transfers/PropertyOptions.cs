using System.CommandLine;
using Moss.Cli.Frame;
using Moss.Client;

namespace Moss.Cli.Transfers;

/// <summary>The options that say what is stored beside the bytes of an object.</summary>
static class PropertyOptions
{
    const string MetadataPrefix = "x-oss-meta-";

    public static readonly Option<Moss.Protocol.Names.Acl?> Acl = Options.Acl();
    public static readonly Option<Moss.Protocol.Names.StorageClass?> StorageClass = Options.StorageClass();
    public static readonly Option<string?> ContentType = Options.Text("--content-type", "TYPE", "The Content-Type; else it goes by the name's ending.");
    public static readonly Option<string?> ContentEncoding = Options.Text("--content-encoding", "TEXT", "The Content-Encoding.");
    public static readonly Option<string?> ContentDisposition = Options.Text("--content-disposition", "TEXT", "The Content-Disposition.");
    public static readonly Option<string?> ContentLanguage = Options.Text("--content-language", "TEXT", "The Content-Language.");
    public static readonly Option<string?> CacheControl = Options.Text("--cache-control", "TEXT", "The Cache-Control.");
    public static readonly Option<string?> Expires = Options.Text("--expires", "TIME", "The Expires.");
    public static readonly Option<string[]> Metadata = Options.Texts("--metadata", "NAME=VALUE,...", "User metadata (x-oss-meta-NAME). Repeatable; '\"title=a, b\"' has a comma in it.");
    public static readonly Option<string?> Meta = Options.Text("--meta", "NAME:VALUE#...", "Headers as ossutil 1 writes them: Cache-Control:no-cache#X-Oss-Meta-a:b.");
    public static readonly Option<string[]> Tagging = Options.Texts("--tagging", "A=B,C=D", "Tags of the object; also A=B&C=D. Repeatable.");

    public static readonly Option[] All =
    [
        Acl, StorageClass, ContentType, ContentEncoding, ContentDisposition, ContentLanguage, CacheControl, Expires, Metadata, Meta, Tagging,
    ];

    /// <summary>What was said, or null when nothing was.</summary>
    public static ObjectProperties? Read(Invocation invocation)
    {
        if (!All.Any(invocation.Has))
        {
            return null;
        }

        var properties = new ObjectProperties
        {
            Acl = invocation.Get(Acl),
            StorageClass = invocation.Get(StorageClass),
            ContentType = invocation.Get(ContentType),
            ContentEncoding = invocation.Get(ContentEncoding),
            ContentDisposition = invocation.Get(ContentDisposition),
            ContentLanguage = invocation.Get(ContentLanguage),
            CacheControl = invocation.Get(CacheControl),
            Expires = invocation.Get(Expires),
            Tags = Tags(invocation.Get(Tagging) ?? []),
        };
        var user = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in (invocation.Get(Metadata) ?? []).SelectMany(Listed))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw new UsageException($"--metadata '{pair}' is not valid: it takes NAME=VALUE, and a value with a comma in quotes: '\"NAME=a, b\"'");
            }

            var name = pair[..equals].Trim().ToLowerInvariant();
            user[name.StartsWith(MetadataPrefix, StringComparison.Ordinal) ? name[MetadataPrefix.Length..] : name] = pair[(equals + 1)..];
        }

        if (invocation.Get(Meta) is { } meta)
        {
            properties = ApplyMeta(properties, meta, user);
        }

        return properties with { UserMetadata = user };
    }

    /// <summary><c>NAME:VALUE#NAME:VALUE</c>; names of headers in any case.</summary>
    public static ObjectProperties ApplyMeta(ObjectProperties properties, string meta, Dictionary<string, string> user)
    {
        foreach (var item in meta.Split('#', StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = item.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0)
            {
                throw new UsageException($"'{item}' is not valid: it takes NAME:VALUE");
            }

            var (name, value) = (item[..colon].Trim().ToLowerInvariant(), item[(colon + 1)..]);
            if (name.StartsWith(MetadataPrefix, StringComparison.Ordinal))
            {
                user[name[MetadataPrefix.Length..]] = value;
                continue;
            }

            properties = name switch
            {
                "content-type" => properties with { ContentType = value },
                "content-encoding" => properties with { ContentEncoding = value },
                "content-disposition" => properties with { ContentDisposition = value },
                "content-language" => properties with { ContentLanguage = value },
                "cache-control" => properties with { CacheControl = value },
                "expires" => properties with { Expires = value },
                "x-oss-object-acl" => properties with
                {
                    Acl = Moss.Protocol.Names.WireWords.TryParseAcl(value, out var acl) ? acl : throw new UsageException($"'{value}' is no ACL"),
                },
                "x-oss-storage-class" => properties with
                {
                    StorageClass = Moss.Protocol.Names.WireWords.TryParseStorageClass(value, out var kind) ? kind : throw new UsageException($"'{value}' is no storage class"),
                },
                _ when name.StartsWith("x-oss-", StringComparison.Ordinal) => properties with { OtherHeaders = [.. properties.OtherHeaders, new(name, value)] },
                _ => throw new UsageException($"'{name}' is no header that is stored with an object"),
            };
        }

        return properties;
    }

    /// <summary>Whether any metadata is among them.</summary>
    public static bool HasMetadata(ObjectProperties named) => named.UserMetadata.Count > 0
        || (named.ContentType ?? named.CacheControl ?? named.ContentDisposition ?? named.ContentEncoding ?? named.ContentLanguage ?? named.Expires) is not null;

    // a=b&c=d, percent-encoded where needed, as a header has it; or a=b,c=d: no tag has a comma in it.
    static Dictionary<string, string> Tags(IEnumerable<string> texts)
    {
        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var item in texts.SelectMany(static text => text.Split(['&', ','], StringSplitOptions.RemoveEmptyEntries)))
        {
            var equals = item.IndexOf('=', StringComparison.Ordinal);
            var (name, value) = equals < 0 ? (item, "") : (item[..equals], item[(equals + 1)..]);
            tags[Uri.UnescapeDataString(name)] = Uri.UnescapeDataString(value);
        }

        return tags;
    }

    // Values between commas; one in quotes may have commas, and two quotes for each of its own.
    static IEnumerable<string> Listed(string text)
    {
        for (var at = 0; at <= text.Length;)
        {
            if (at == text.Length || text[at] != '"')
            {
                var comma = text.IndexOf(',', at) is var found and >= 0 ? found : text.Length;
                yield return text[at..comma];
                at = comma + 1;
                continue;
            }

            var end = at + 1;
            while (end < text.Length && (text[end] != '"' || (end + 1 < text.Length && text[end + 1] == '"')))
            {
                end += text[end] == '"' ? 2 : 1;
            }

            yield return text[(at + 1)..Math.Min(end, text.Length)].Replace("\"\"", "\"", StringComparison.Ordinal);
            at = end + 2;
        }
    }
}
