using Moss.Protocol.Names;
using Moss.Storage.Metadata;

namespace Moss.Storage.Listing;

/// <summary>What every listing is asked: a prefix, a delimiter that rolls keys up, and a page size.</summary>
public sealed record ListRequest
{
    public string Prefix { get; init; } = "";

    /// <summary>Keys that hold it after the prefix are rolled up to the common prefix that ends with it; empty: none are.</summary>
    public string Delimiter { get; init; } = "";

    /// <summary>Entries a page, keys and common prefixes together: 1 to 1,000.</summary>
    public required int MaxEntries { get; init; }

    /// <summary>The key after which the page begins; empty: from the first. One that is a common prefix skips the whole group.</summary>
    public string KeyMarker { get; init; } = "";

    /// <summary>Uploads: within the marker's key, the upload after which the page begins; empty skips the whole key.</summary>
    public string UploadIdMarker { get; init; } = "";

    /// <summary>Versions: within the marker's key, the version after which the page begins; null skips the whole key.</summary>
    public VersionId? VersionIdMarker { get; init; }
}

/// <summary>A page of a listing: keys and common prefixes, each in the order of their UTF-8 bytes.</summary>
/// <param name="Items">The entries that were not rolled up.</param>
/// <param name="CommonPrefixes">The groups that were.</param>
/// <param name="IsTruncated">Whether there is more.</param>
/// <param name="NextKeyMarker">The last key or common prefix of the page; empty when the page is.</param>
/// <param name="Last">The last item that was returned, or rolled into the last common prefix; null when the page is empty.</param>
public sealed record ListPage<T>(
    IReadOnlyList<T> Items, IReadOnlyList<string> CommonPrefixes, bool IsTruncated, string NextKeyMarker, T? Last)
    where T : class;

/// <summary>An object version in a listing of versions.</summary>
/// <param name="Summary">The version.</param>
/// <param name="IsLatest">Whether it is the newest of its key.</param>
public sealed record ListedVersion(ObjectSummary Summary, bool IsLatest);
