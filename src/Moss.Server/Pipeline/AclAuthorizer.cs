using Moss.Protocol.Errors;
using Moss.Protocol.Names;
using Moss.Storage.Metadata;

namespace Moss.Server.Pipeline;

/// <summary>
/// Owners and ACLs. The owner may do everything; everybody else reads and writes objects as far as the ACL goes, where the object's own ACL, unless it is
/// <c>default</c>, replaces the bucket's. Management and listing are never granted by an ACL.
/// </summary>
sealed class AclAuthorizer : IAuthorizer
{
    const string DeniedByAcl = "You have no right to access this object because of bucket acl.";
    const string DeniedByAclEC = "0003-00000001";

    public async ValueTask AuthorizeAsync(OssContext context, CancellationToken ct)
    {
        // The root account owns every bucket there is.
        if (context.Operation.Access == Access.Free || context.Caller.IsRoot)
        {
            return;
        }

        if (context.Operation.Access == Access.Owner)
        {
            await RequireOwnerAsync(context, ct);
            return;
        }

        var version = context.Query.Given("versionId") is { } id ? new VersionId(id) : (VersionId?)null;
        var permission = context.Operation.PermissionFor(version is not null);
        await AuthorizeObjectAsync(context, context.Operation.Access, permission, context.Bucket, context.Key, version, ct);
    }

    public async ValueTask AuthorizeObjectAsync(
        OssContext context, Access access, string permission, BucketName bucket, ObjectKey key, VersionId? version, CancellationToken ct)
    {
        if (context.Caller.IsRoot)
        {
            return;
        }

        var (found, current) = await context.Storage.Objects.FindForAccessAsync(bucket, key, version, ct);
        Require(context, found, current, access);

        // A public link to a private object gives nothing away.
        if (access == Access.Read && current is { Type: ObjectType.Symlink, Attributes.SymlinkTarget: { } target }
            && context.Operation.Name != "GetSymlink")
        {
            var (_, behind) = await context.Storage.Objects.FindForAccessAsync(bucket, ObjectKey.Parse(target), version: null, ct);
            Require(context, found, behind, access);
        }
    }

    static async ValueTask RequireOwnerAsync(OssContext context, CancellationToken ct)
    {
        if (context.Caller.IsAnonymous)
        {
            throw context.Request.Bucket is null
                ? new OssException(OssErrors.AccessDenied)
                : new OssException(OssErrors.AccessDenied, "Anonymous access is forbidden for this operation.");
        }

        if (context.Request.Bucket is { } name)
        {
            var bucket = await context.Storage.Buckets.FindAsync(name, ct);
            if (bucket.OwnerId != context.Caller.AccountId)
            {
                throw new OssException(OssErrors.AccessDenied, "The bucket you access does not belong to you.");
            }
        }
    }

    static void Require(OssContext context, BucketRecord bucket, ObjectRecord? current, Access access)
    {
        if (!context.Caller.IsAnonymous && bucket.OwnerId == context.Caller.AccountId)
        {
            return;
        }

        var acl = current is { Acl: not Acl.Default } ? current.Acl : bucket.Acl;
        var granted = access == Access.Read ? acl is Acl.PublicRead or Acl.PublicReadWrite : acl == Acl.PublicReadWrite;
        if (!granted)
        {
            throw new OssException(OssErrors.AccessDenied, DeniedByAcl, DeniedByAclEC);
        }
    }
}
