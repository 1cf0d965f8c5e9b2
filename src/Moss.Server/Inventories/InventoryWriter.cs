using System.Globalization;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Text;
using Moss.Protocol.Names;
using Moss.Protocol.Signing;
using Moss.Protocol.Xml;
using Moss.Server.Operations.Buckets;
using Moss.Storage;
using Moss.Storage.Listing;
using Moss.Storage.Metadata;
using Moss.Storage.Objects;
using ListedVersion = Moss.Storage.Listing.ListedVersion;

namespace Moss.Server.Inventories;

/// <summary>A list that was stored: an object of the destination.</summary>
sealed record InventoryFile(string Key, long Size, string Md5);

/// <summary>
/// Writes what a bucket holds as CSV, compressed, into objects of the destination. Rows are read page by page and stream into the object; what is in memory does not
/// grow with the bucket. A list is what the pages found: an object that changes meanwhile is in it as it was before or after.
/// </summary>
/// <param name="storage">Where everything is.</param>
/// <param name="source">The bucket that is listed.</param>
/// <param name="ownerId">Its account, whose the destination must be at every write.</param>
/// <param name="inventory">How.</param>
/// <param name="maxRows">A list of more rows is cut into several objects.</param>
sealed class InventoryWriter(ObjectService storage, BucketName source, string ownerId, InventoryConfiguration inventory, int maxRows)
{
    /// <summary>Rows read at once.</summary>
    const int PageRows = 1000;

    const string ListSuffix = ".csv.gz";

    readonly BucketName _target = BucketName.Parse(inventory.Destination.Bucket[BucketInventory.BucketLead.Length..]);
    readonly bool _hasVersions = inventory.IncludedObjectVersions == "All";
    readonly HashSet<StorageClass>? _classes = ClassesOf(inventory.Filter.StorageClass);

    /// <summary>The columns, in their order.</summary>
    public IReadOnlyList<string> Columns { get; } =
    [
        "Bucket", "Key",
        .. inventory.IncludedObjectVersions == "All" ? (string[])["VersionId", "IsLatest", "IsDeleteMarker"] : [],
        .. BucketInventory.Fields.Where(inventory.OptionalFields.Contains),
    ];

    /// <summary>Where the inventory's objects are, with a slash at the end.</summary>
    public string Folder { get; } = FolderOf(source, inventory);

    /// <summary>A key of a list.</summary>
    public static ObjectKey NewListKey(BucketName source, InventoryConfiguration inventory) =>
        ObjectKey.Parse(NewListName(FolderOf(source, inventory)) + ListSuffix);

    /// <summary>Writes all rows; answers the objects, in their order.</summary>
    public async Task<IReadOnlyList<InventoryFile>> WriteListsAsync(CancellationToken ct)
    {
        var files = new List<InventoryFile>();
        var name = NewListName(Folder);
        await using var rows = RowsAsync(ct).GetAsyncEnumerator(ct);
        var hasMore = await rows.MoveNextAsync();
        while (hasMore || files.Count == 0)
        {
            var key = (files.Count == 0 ? name : $"{name}-{files.Count.ToString(CultureInfo.InvariantCulture)}") + ListSuffix;
            var pipe = new Pipe();
            var storing = PutAsync(key, pipe.Reader, "application/gzip", ct);
            hasMore = await FillAsync(pipe.Writer, rows, hasMore, storing, ct);
            files.Add(await storing);
        }

        return files;
    }

    /// <summary>Stores an object of the destination.</summary>
    public async Task<InventoryFile> PutAsync(string key, PipeReader body, string contentType, CancellationToken ct)
    {
        var attributes = new ObjectAttributes
        {
            ContentType = contentType,
            ServerSideEncryption = inventory.Destination.Encryption == "SSE-OSS" ? "AES256" : null,
        };
        try
        {
            var request = new PutObjectRequest { Attributes = attributes, RequiredOwnerId = ownerId };
            var stored = await storage.Objects.PutAsync(_target, ObjectKey.Parse(key), request, body, ct);
            return new(key, stored.Record.Size, Convert.ToHexString(stored.Record.Md5!));
        }
        finally
        {
            // Whoever still writes must not wait for a reader that is gone.
            await body.CompleteAsync();
        }
    }

    async ValueTask<bool> FillAsync(PipeWriter writer, IAsyncEnumerator<string> rows, bool hasMore, Task storing, CancellationToken ct)
    {
        try
        {
            await using (var gzip = new GZipStream(writer.AsStream(leaveOpen: true), CompressionLevel.Fastest))
            {
                for (var count = 0; hasMore && count < maxRows && !storing.IsCompleted; count++)
                {
                    await gzip.WriteAsync(Encoding.UTF8.GetBytes(rows.Current), ct);
                    hasMore = await rows.MoveNextAsync();
                }
            }

            await writer.CompleteAsync();
            return hasMore;
        }
        catch (Exception exception)
        {
            // The object must not come to be as if this were its end.
            await writer.CompleteAsync(exception);
            throw;
        }
    }

    async IAsyncEnumerable<string> RowsAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var request = new ListRequest { Prefix = inventory.Filter.Prefix ?? "", MaxEntries = PageRows };
        while (true)
        {
            var page = await PageAsync(request, ct);
            foreach (var item in page.Items.Where(item => Holds(item.Summary)))
            {
                yield return await RowAsync(item, ct);
            }

            if (!page.IsTruncated || page.Last is not { } last)
            {
                yield break;
            }

            request = request with { KeyMarker = page.NextKeyMarker, VersionIdMarker = _hasVersions ? last.Summary.VersionId : null };
        }
    }

    async ValueTask<ListPage<ListedVersion>> PageAsync(ListRequest request, CancellationToken ct)
    {
        if (_hasVersions)
        {
            return await storage.Listings.VersionsAsync(source, request, ct);
        }

        var page = await storage.Listings.ObjectsAsync(source, request, ct);
        var items = page.Items.Select(item => new ListedVersion(item, IsLatest: true)).ToList();
        return new(items, [], page.IsTruncated, page.NextKeyMarker, items.Count == 0 ? null : items[^1]);
    }

    bool Holds(ObjectSummary summary)
    {
        var filter = inventory.Filter;
        var changed = summary.LastModified.ToUnixTimeSeconds();
        return !(changed < filter.LastModifyBeginTimeStamp) && !(changed > filter.LastModifyEndTimeStamp)
            && !(summary.Size < filter.LowerSizeBound) && !(summary.Size > filter.UpperSizeBound)
            && _classes?.Contains(summary.StorageClass) != false;
    }

    async ValueTask<string> RowAsync(ListedVersion item, CancellationToken ct)
    {
        var summary = item.Summary;
        ObjectRecord? record = null;
        if (!summary.IsDeleteMarker && Columns.Any(column => column is "EncryptionStatus" or "ObjectAcl" or "TaggingCount" or "Crc64"))
        {
            VersionId? version = _hasVersions ? summary.VersionId : null;
            var bucket = (await storage.Buckets.SnapshotAsync(source, ct)).Bucket;
            (record, _) = await storage.Objects.FindForAccessAsync(bucket, summary.Key, version, ct);
        }

        var row = new StringBuilder();
        foreach (var column in Columns)
        {
            // No value holds a quote: keys are percent-encoded, and everything else is the server's own word.
            row.Append(row.Length == 0 ? "\"" : ",\"").Append(ValueOf(column, item, summary, record)).Append('"');
        }

        return row.Append('\n').ToString();
    }

    string ValueOf(string column, ListedVersion item, ObjectSummary summary, ObjectRecord? record) => column switch
    {
        "Bucket" => source.Value,
        "Key" => PercentEncoding.Encode(summary.Key.Value),
        "VersionId" => summary.VersionId.IsNull ? "" : summary.VersionId.Value,
        "IsLatest" => Word(item.IsLatest),
        "IsDeleteMarker" => Word(summary.IsDeleteMarker),
        "LastModifiedDate" => summary.LastModified.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        _ when summary.IsDeleteMarker => "",
        "Size" => summary.Size.ToString(CultureInfo.InvariantCulture),
        "StorageClass" => summary.StorageClass.ToWire(),
        "ETag" => summary.ETag.Quoted.Trim('"'),
        "IsMultipartUploaded" => Word(summary.Type == ObjectType.Multipart),
        "ObjectType" => summary.Type.ToWire(),
        "EncryptionStatus" => record is null ? "" : Word(record.Attributes.ServerSideEncryption is not null),
        "ObjectAcl" => record?.Acl.ToWire() ?? "",
        "TaggingCount" => record?.Attributes.Tags.Count.ToString(CultureInfo.InvariantCulture) ?? "",
        "Crc64" => record?.Crc64.ToString(CultureInfo.InvariantCulture) ?? "",
        _ => "",
    };

    static string FolderOf(BucketName source, InventoryConfiguration inventory) => $"{WithSlash(inventory.Destination.Prefix)}{source.Value}/{inventory.Id}/";

    static string NewListName(string folder) => $"{folder}data/{IdGenerator.RandomHex(16).ToLowerInvariant()}";

    static string Word(bool value) => value ? "true" : "false";

    static string WithSlash(string? prefix) => string.IsNullOrEmpty(prefix) || prefix.EndsWith('/') ? prefix ?? "" : prefix + "/";

    static HashSet<StorageClass>? ClassesOf(string? words)
    {
        if (words is null || words.Split(',').Contains("All"))
        {
            return null;
        }

        return [.. words.Split(',').Select(word => WireWords.TryParseStorageClass(word, out var storageClass) ? storageClass : StorageClass.Standard)];
    }
}
