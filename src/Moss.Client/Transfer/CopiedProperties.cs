namespace Moss.Client.Transfer;

/// <summary>What CopyObject takes over of its source unless it is told otherwise: metadata and tags. Said again where something else makes the copy.</summary>
static class CopiedProperties
{
    /// <param name="info">What the service said of the source.</param>
    public static async Task<ObjectProperties> OfAsync(OssClient client, CopySource source, ObjectInfo info, CancellationToken ct) =>
        Described(info) with { Tags = await TagsAsync(client, source, info, ct).ConfigureAwait(false) };

    /// <summary>The metadata of an object: the headers that are stored with it, and its own.</summary>
    public static ObjectProperties Described(ObjectInfo info) => new()
    {
        ContentType = info.ContentType,
        CacheControl = info.Headers.Get("Cache-Control"),
        ContentDisposition = info.Headers.Get("Content-Disposition"),
        ContentEncoding = info.Headers.Get("Content-Encoding"),
        ContentLanguage = info.Headers.Get("Content-Language"),
        Expires = info.Headers.Get("Expires"),
        UserMetadata = info.UserMetadata,
    };

    /// <summary>The tags of an object; one that has none costs no request.</summary>
    public static async Task<Dictionary<string, string>> TagsAsync(OssClient client, CopySource source, ObjectInfo info, CancellationToken ct) =>
        info.Headers.Get("x-oss-tagging-count") is null
            ? []
            : (await client.GetObjectTaggingAsync(source.Bucket, source.Key, source.VersionId, ct).ConfigureAwait(false)).ToDictionary(StringComparer.Ordinal);
}
