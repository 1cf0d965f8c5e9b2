using Moss.Protocol.Names;
using Moss.Protocol.Signing;

namespace Moss.Client;

/// <summary>The object that a copy is made of.</summary>
public sealed record CopySource(string Bucket, string Key, string? VersionId = null)
{
    internal List<KeyValuePair<string, string>> ToHeaders()
    {
        var version = VersionId is null ? "" : "?versionId=" + PercentEncoding.Encode(VersionId);
        return
        [
            new("x-oss-copy-source", $"/{BucketName.Parse(Bucket).Value}/{PercentEncoding.Encode(ObjectKey.Parse(Key).Value, keepSlash: true)}{version}"),
        ];
    }
}
