using Moss.Protocol.Errors;
using Moss.Protocol.Names;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Buckets;

/// <summary><c>x-oss-acl</c>: private, public-read or public-read-write.</summary>
static class BucketAcl
{
    const string Name = "x-oss-acl";

    /// <summary>The ACL a request names, or null.</summary>
    public static Acl? Read(OssContext context) =>
        context.Header(Name) is not { } text ? null
        : WireWords.TryParseAcl(text, out var acl) && acl != Acl.Default ? acl
        : throw OssErrors.Argument(Name, text, "no such bucket access control exists");
}
