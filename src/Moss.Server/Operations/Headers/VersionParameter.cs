using Moss.Protocol.Errors;
using Moss.Protocol.Names;
using Moss.Server.Pipeline;
using Moss.Storage.Objects;

namespace Moss.Server.Operations.Headers;

/// <summary><c>versionId</c> in the query, and <c>x-oss-version-id</c> in the answer.</summary>
static class VersionParameter
{
    /// <summary>A version id longer than this is none: real ones have about 60 characters.</summary>
    const int MaxLength = 256;

    /// <summary>The version a request names, or null.</summary>
    public static VersionId? Read(OssContext context) => context.Query["versionId"] switch
    {
        null => null,
        "" => throw OssErrors.Argument("versionId", "", "Version id can not be the empty string"),
        { Length: > MaxLength } text => throw OssErrors.Argument("versionId", text[..MaxLength], "Invalid version id specified"),
        var text => new VersionId(text),
    };

    /// <summary>Names the version where versions are or were kept.</summary>
    public static void Echo(OssContext context, ObjectView view) =>
        Echo(context, view.Bucket.Versioning != VersioningStatus.Unversioned, (view.Link ?? view.Record).VersionId);

    public static void Echo(OssContext context, bool isVersioned, VersionId version) =>
        context.SetHeader("x-oss-version-id", isVersioned ? version.Value : null);
}
