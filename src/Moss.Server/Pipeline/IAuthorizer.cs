using Moss.Protocol.Errors;
using Moss.Protocol.Names;

namespace Moss.Server.Pipeline;

/// <summary>Decides who may do what. Refuses by throwing; policies slot in behind it.</summary>
interface IAuthorizer
{
    /// <summary>Whether the caller may do what the request asks.</summary>
    /// <exception cref="OssException"><c>AccessDenied</c>, or <c>NoSuchBucket</c> for a bucket that is not there.</exception>
    ValueTask AuthorizeAsync(OssContext context, CancellationToken ct);

    /// <summary>Whether the caller may do something else to the request's bucket besides.</summary>
    /// <exception cref="OssException"><c>AccessDenied</c>, or <c>NoSuchBucket</c>.</exception>
    ValueTask AuthorizeBucketAsync(OssContext context, string permission, CancellationToken ct);

    /// <summary>Whether the caller may touch an object that the request names elsewhere: a copy's source, a key in a list.</summary>
    ValueTask AuthorizeObjectAsync(
        OssContext context, Access access, string permission, BucketName bucket, ObjectKey key, VersionId? version, CancellationToken ct);
}
