using System.CommandLine;
using System.Text;
using Moss.Cli.Frame;
using Moss.Cli.Output;
using Moss.Protocol.Errors;

namespace Moss.Cli.Commands;

/// <summary><c>moss stat</c>: what is known about a bucket or an object.</summary>
static class StatCommand
{
    static readonly Argument<string> Address = Options.Argument("oss://bucket/key", "A bucket or an object.");
    static readonly Option<string?> VersionId = Options.Text("--version-id", "ID", "A version of the object.");

    public static Command Create(string name, string description) => new MossCommand(name, description)
        .With(Address, VersionId)
        .Example("moss stat oss://bucket", "a bucket: region, ACL, owner, how much is in it")
        .Example("moss stat oss://bucket/key", "an object: size, checksums, headers, metadata")
        .Run(RunAsync);

    static Task RunAsync(Invocation invocation)
    {
        var uri = OssUri.ParseBucket(invocation.Get(Address));
        return uri.Key.Length == 0 ? BucketAsync(invocation, uri.Bucket) : ObjectAsync(invocation, uri);
    }

    static async Task BucketAsync(Invocation invocation, string bucket)
    {
        var client = invocation.Client(bucket);
        var info = await client.GetBucketInfoAsync(bucket, invocation.Cancelled);
        var row = new Row
        {
            { "name", info.Bucket.Name },
            { "location", info.Bucket.Location },
            { "created", info.Bucket.CreationDate },
            { "extranetEndpoint", info.Bucket.ExtranetEndpoint },
            { "intranetEndpoint", info.Bucket.IntranetEndpoint },
            { "acl", info.Grant },
            { "owner", info.Owner.Id },
            { "storageClass", info.Bucket.StorageClass },
            { "dataRedundancyType", info.DataRedundancyType },
            { "versioning", info.Versioning },
            { "sseAlgorithm", info.SSEAlgorithm },
        };
        // The right to know the bucket is not always the right to count what is in it.
        if (await MayAsync(() => client.GetBucketStatAsync(bucket, invocation.Cancelled)) is { } stat)
        {
            foreach (var (name, number) in stat.Numbers)
            {
                row.Add(char.ToLowerInvariant(name[0]) + name[1..], number);
            }
        }

        await invocation.WriteAsync(row);
    }

    static async Task ObjectAsync(Invocation invocation, OssUri uri)
    {
        var client = invocation.Client(uri.Bucket);
        var version = invocation.Get(VersionId);
        var info = await client.HeadObjectAsync(uri.Bucket, uri.Key, new() { VersionId = version }, invocation.Cancelled);
        var acl = await MayAsync(() => client.GetObjectAclAsync(uri.Bucket, uri.Key, version, invocation.Cancelled));
        var metadata = new Row();
        foreach (var (name, value) in info.UserMetadata.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            metadata.Add(name, value);
        }

        var row = new Row
        {
            { "uri", uri.ToString() },
            { "size", info.Size },
            { "lastModified", info.LastModified },
            { "etag", info.ETag },
            { "crc64", info.Crc64 },
            { "contentMd5", info.Headers.Get("Content-MD5") },
            { "contentType", info.ContentType },
            { "type", info.Type.ToString() },
            { "storageClass", info.StorageClass },
            { "acl", acl?.Grant },
            { "owner", acl?.Owner.Id },
            { "versionId", info.VersionId },
            { "nextAppendPosition", info.NextAppendPosition },
            { "cacheControl", info.Headers.Get("Cache-Control") },
            { "contentDisposition", info.Headers.Get("Content-Disposition") },
            { "contentEncoding", info.Headers.Get("Content-Encoding") },
            { "contentLanguage", info.Headers.Get("Content-Language") },
            { "expires", info.Headers.Get("Expires") },
            { "serverSideEncryption", info.Headers.Get("x-oss-server-side-encryption") },
            { "metadata", metadata },
        };
        await invocation.WriteAsync(row, Text(info, acl?.Grant, acl?.Owner.Id));
    }

    // The headers as ossutil shows them: Name-Of-Header, padded, a colon.
    static string Text(Moss.Client.ObjectInfo info, string? acl, string? owner)
    {
        var pairs = info.Headers.All
            .Where(static header => !Unwanted.Contains(header.Key, StringComparer.OrdinalIgnoreCase))
            .Select(static header => (Name: Title(header.Key), header.Value))
            .Select(static header => header.Name == "Etag" ? header with { Value = header.Value.Trim('"') } : header)
            .Append((Name: "ACL", Value: acl ?? ""))
            .Append((Name: "Owner", Value: owner ?? ""))
            .Where(static pair => pair.Value.Length > 0)
            .OrderBy(static pair => pair.Name, StringComparer.Ordinal);
        var text = new StringBuilder();
        foreach (var (name, value) in pairs)
        {
            text.Append(name.PadRight(26)).Append(": ").Append(RowWriter.PlainText(value)).Append('\n');
        }

        return text.ToString().TrimEnd('\n');
    }

    static readonly string[] Unwanted = ["Connection", "Date", "Server", "x-oss-request-id", "x-oss-server-time", "Vary", "Keep-Alive", "x-oss-ec"];

    static string Title(string header) => string.Join('-', header.Split('-').Select(static word =>
        word.Length == 0 ? "" : char.ToUpperInvariant(word[0]) + word[1..].ToLowerInvariant()));

    /// <summary>An answer that is good to have; null when the service does not want to give it.</summary>
    static async Task<T?> MayAsync<T>(Func<Task<T>> ask)
        where T : class
    {
        try
        {
            return await ask();
        }
        catch (OssException refusal) when (refusal.Status is 403 or 404 or 405 or 501)
        {
            return null;
        }
    }
}
