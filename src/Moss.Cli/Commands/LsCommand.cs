using System.CommandLine;
using Moss.Cli.Frame;
using Moss.Cli.Output;
using Moss.Cli.Transfers;
using Moss.Client;
using Moss.Protocol.Xml;

namespace Moss.Cli.Commands;

/// <summary><c>moss ls</c>: buckets, objects, versions and open uploads, page by page as they come.</summary>
static class LsCommand
{
    static readonly Argument<string?> Address = Options.OptionalArgument("oss://bucket/prefix", "What to list; nothing lists the buckets.");
    static readonly Option<bool> Uploads = Options.Flag("--multipart", "List open uploads instead of objects.", "-m");
    static readonly Option<bool> Everything = Options.Flag("--all-type", "List objects and open uploads.", "-a");
    static readonly Option<bool> Short = Options.Flag("--short-format", "Only the names.", "-s");
    static readonly Option<bool> Versions = Options.Flag("--all-versions", "List all versions and delete markers.");
    static readonly Option<bool> Recursive = Options.Flag("--recursive", "As it is anyway; ossutil has the option.", "-r");

    static readonly Column[] ObjectColumns =
    [
        new("lastModified", "LastModifiedTime", -29), new("size", "Size(B)", 13), new("storageClass", "StorageClass", -12), new("etag", "ETAG", -34),
        new("uri", "ObjectName", 0),
    ];

    static readonly Column[] VersionColumns =
    [
        new("lastModified", "LastModifiedTime", -29), new("size", "Size(B)", 13), new("storageClass", "StorageClass", -12), new("etag", "ETAG", -34),
        new("versionId", "VersionId", -34), new("isLatest", "IsLatest", -8), new("deleteMarker", "DeleteMarker", -12), new("uri", "ObjectName", 0),
    ];

    static readonly Column[] UploadColumns =
        [new("initiated", "InitiatedTime", -29), new("uploadId", "UploadID", -34), new("uri", "ObjectName", 0)];

    static readonly Column[] NameOnly = [new("uri", "", 0)];

    public static Command Create(string name, string description)
    {
        Recursive.Hidden = true;
        return new MossCommand(name, description)
            .With([Address, Uploads, Everything, ObjectSelection.Dirs, Short, Versions, ObjectSelection.Limit, .. ObjectSelection.Filters, Recursive])
            .Example("moss ls", "the buckets")
            .Example("moss ls oss://bucket/2026/", "the objects below a prefix")
            .Example("moss ls -d oss://bucket/", "one level, as a directory")
            .Example("moss ls oss://bucket --include '*.jpg' --max-age 3d", "pictures of the last three days")
            .Example("moss ls -m oss://bucket", "open uploads and their ids")
            .Example("moss ls oss://bucket --output-format json", "for programs")
            .Run(RunAsync);
    }

    static async Task RunAsync(Invocation invocation)
    {
        if (invocation.Get(Address) is not { } address || OssUri.Parse(address, invocation.Get(ObjectSelection.EncodingType) is not null) is not { Bucket.Length: > 0 } place)
        {
            await BucketsAsync(invocation);
            return;
        }

        if (invocation.Get(Uploads) || invocation.Get(Everything))
        {
            ObjectSelection.Read(invocation).RefuseForUploads(invocation.Get(Uploads) ? Uploads.Name : Everything.Name);
        }

        var limit = invocation.Get(ObjectSelection.Limit) ?? long.MaxValue;
        if (invocation.Get(Versions))
        {
            await VersionsAsync(invocation, place, limit);
            return;
        }

        if (!invocation.Get(Uploads))
        {
            limit -= await ObjectsAsync(invocation, place, limit, invocation.Get(Everything));
        }

        if (invocation.Get(Uploads))
        {
            await UploadsAsync(invocation, place, limit);
        }
    }

    static async Task BucketsAsync(Invocation invocation)
    {
        var writer = invocation.Rows(invocation.Get(Short)
            ? NameOnly
            : [new("created", "CreationTime", -29), new("region", "Region", -20), new("storageClass", "StorageClass", -12), new("uri", "BucketName", 0)]);
        var (count, limit) = (0L, invocation.Get(ObjectSelection.Limit) ?? long.MaxValue);
        await foreach (var bucket in invocation.Client().ListBucketsAsync(ct: invocation.Cancelled))
        {
            if (count == limit)
            {
                break;
            }

            count++;
            await writer.WriteAsync(
                new()
                {
                    { "name", bucket.Name },
                    { "uri", $"oss://{bucket.Name}" },
                    { "created", bucket.CreationDate },
                    { "region", bucket.Region },
                    { "location", bucket.Location },
                    { "storageClass", bucket.StorageClass },
                    { "extranetEndpoint", bucket.ExtranetEndpoint },
                    { "intranetEndpoint", bucket.IntranetEndpoint },
                },
                invocation.Cancelled);
        }

        await writer.EndAsync(invocation.Get(Short) ? null : $"Bucket Number is: {count}", invocation.Cancelled);
    }

    // Objects, and after them the open uploads when both were asked for: one document, whatever the format.
    static async Task<long> ObjectsAsync(Invocation invocation, OssUri place, long limit, bool withUploads)
    {
        var writer = invocation.Rows(invocation.Get(Short) ? NameOnly : ObjectColumns);
        var selection = ObjectSelection.Read(invocation);
        var options = selection.Listing(place, invocation.Get(ObjectSelection.Dirs));
        var (objects, prefixes, cut) = (0L, 0L, place.NameStart);
        var client = invocation.Client(place.Bucket);
        await foreach (var page in client.ListObjectsPagesAsync(place.Bucket, options with { PageSize = Page(invocation, options, limit) }, invocation.Cancelled))
        {
            foreach (var prefix in page.Prefixes.Where(prefix => selection.TakesName(prefix, cut)).Take(Rest(limit, objects + prefixes)))
            {
                prefixes++;
                await writer.WriteAsync(new() { { "kind", "prefix" }, { "key", prefix }, { "uri", $"oss://{place.Bucket}/{prefix}" } }, invocation.Cancelled);
            }

            foreach (var listed in (await selection.TakenAsync(client, place.Bucket, page.Contents, cut, invocation.Cancelled)).Take(Rest(limit, objects + prefixes)))
            {
                objects++;
                await writer.WriteAsync(RowOf(place.Bucket, listed), invocation.Cancelled);
            }

            await writer.FlushAsync(invocation.Cancelled);
            if (objects + prefixes >= limit || (page.Contents is [.., var last] && selection.IsBeyond(last.Key)))
            {
                break;
            }
        }

        var footer = invocation.Get(ObjectSelection.Dirs) ? $"Object and Directory Number is: {objects + prefixes}" : $"Object Number is: {objects}";
        if (!withUploads)
        {
            await writer.EndAsync(invocation.Get(Short) ? null : footer, invocation.Cancelled);
            return objects + prefixes;
        }

        if (invocation.Format == OutputFormat.Text)
        {
            await writer.EndAsync(invocation.Get(Short) ? null : footer + "\n", invocation.Cancelled);
            await UploadsAsync(invocation, place, limit - objects - prefixes);
            return objects + prefixes;
        }

        await WriteUploadsAsync(invocation, place, limit - objects - prefixes, writer);
        await writer.EndAsync(null, invocation.Cancelled);
        return objects + prefixes;
    }

    static async Task UploadsAsync(Invocation invocation, OssUri place, long limit)
    {
        var writer = invocation.Rows(invocation.Get(Short) ? NameOnly : UploadColumns);
        var count = await WriteUploadsAsync(invocation, place, limit, writer);
        await writer.EndAsync(invocation.Get(Short) ? null : $"UploadID Number is: {count}", invocation.Cancelled);
    }

    static async Task<long> WriteUploadsAsync(Invocation invocation, OssUri place, long limit, RowWriter writer)
    {
        var count = 0L;
        if (limit <= 0)
        {
            return 0;
        }

        var selection = ObjectSelection.Read(invocation);
        var cut = place.NameStart;
        await foreach (var upload in invocation.Client(place.Bucket).ListMultipartUploadsAsync(place.Bucket, place.Key, invocation.Cancelled))
        {
            if (!selection.TakesUpload(upload, cut))
            {
                continue;
            }

            await writer.WriteAsync(RowOf(place.Bucket, upload), invocation.Cancelled);
            if (++count >= limit)
            {
                break;
            }
        }

        return count;
    }

    static async Task VersionsAsync(Invocation invocation, OssUri place, long limit)
    {
        var writer = invocation.Rows(invocation.Get(Short) ? NameOnly : VersionColumns);
        var selection = ObjectSelection.Read(invocation);
        selection.RefuseHead(Versions.Name);
        var (count, cut) = (0L, place.NameStart);
        var options = selection.Listing(place, oneLevel: false);
        await foreach (var page in invocation.Client(place.Bucket).ListObjectVersionsPagesAsync(place.Bucket, options, invocation.Cancelled))
        {
            foreach (var version in page.Versions.Where(version => selection.TakesVersion(version, cut)).Take(Rest(limit, count)))
            {
                count++;
                var row = version.IsDeleteMarker
                    ? new() { { "kind", "deleteMarker" }, { "key", version.Object.Key }, { "uri", $"oss://{place.Bucket}/{version.Object.Key}" }, { "lastModified", version.Object.LastModified } }
                    : RowOf(place.Bucket, version.Object);
                row.Add("versionId", version.VersionId);
                row.Add("isLatest", version.IsLatest);
                row.Add("deleteMarker", version.IsDeleteMarker);
                await writer.WriteAsync(row, invocation.Cancelled);
            }

            if (count >= limit || (page.Versions is [.., var last] && selection.IsBeyond(last.Object.Key)))
            {
                break;
            }
        }

        await writer.EndAsync(invocation.Get(Short) ? null : $"Object Number is: {count}", invocation.Cancelled);
    }

    static Row RowOf(string bucket, ListedObject listed) => new()
    {
        { "kind", "object" },
        { "key", listed.Key },
        { "uri", $"oss://{bucket}/{listed.Key}" },
        { "size", listed.Size },
        { "lastModified", listed.LastModified },
        { "etag", listed.ETag.Trim('"') },
        { "storageClass", listed.StorageClass },
        { "type", listed.Type },
    };

    internal static Row RowOf(string bucket, ListedUpload upload) => new()
    {
        { "kind", "upload" },
        { "key", upload.Key },
        { "uri", $"oss://{bucket}/{upload.Key}" },
        { "uploadId", upload.UploadId },
        { "initiated", upload.Initiated },
        { "storageClass", upload.StorageClass },
    };

    // Few entries need no long page, unless a filter leaves most of it out.
    static int Page(Invocation invocation, ListObjectsOptions options, long limit) =>
        NameFilter.All.Concat(MetadataFilter.All).Any(invocation.Has) ? options.PageSize : (int)Math.Min(options.PageSize, Math.Clamp(limit, 1, 1000));

    static int Rest(long limit, long taken) => (int)Math.Clamp(limit - taken, 0, int.MaxValue);
}
