using System.Security.Cryptography;

namespace Moss.Protocol.Signing;

/// <summary>
/// Signature V1: base64(HMAC-SHA1(secret, text)), the text being method, Content-MD5, Content-Type, date, the
/// <c>x-oss-</c> headers and the decoded resource with its signed sub-resources.
/// </summary>
/// <remarks>
/// The resource is joined from decoded texts, so a V1 signature cannot tell the object <c>a?acl</c> from the sub-resource <c>acl</c> of
/// the object <c>a</c>. That is the protocol's own weakness; V4 has none of it.
/// </remarks>
static class SignatureV1
{
    public static void StringToSign(CanonicalBuffer target, SignableRequest request, string dateLine, CanonicalForm form)
    {
        Head(target, request, dateLine);
        CanonicalHeaders.Append(target, request, mandatory: [], additional: [], form);
        Resource(target, request, form);
        CanonicalQuery.Append(target, request.Query, QuerySelection.SubResources, form, "?"u8);
    }

    /// <summary>The first four lines, which V2 has as well.</summary>
    public static void Head(CanonicalBuffer target, SignableRequest request, string dateLine)
    {
        target.Utf8(request.Method);
        target.Byte((byte)'\n');
        target.Latin1(request.Header("Content-MD5"));
        target.Byte((byte)'\n');
        target.Latin1(request.Header("Content-Type"));
        target.Byte((byte)'\n');
        target.Latin1(dateLine);
        target.Byte((byte)'\n');
    }

    public static string Sign(AccessKeySecret secret, ReadOnlySpan<byte> stringToSign)
    {
        Span<byte> hash = stackalloc byte[HMACSHA1.HashSizeInBytes];
        HMACSHA1.HashData(secret.Utf8, stringToSign, hash);
        return Convert.ToBase64String(hash);
    }

    static void Resource(CanonicalBuffer target, SignableRequest request, CanonicalForm form)
    {
        target.Byte((byte)'/');
        if (request.Bucket is not null)
        {
            target.Utf8(form.BucketOf(request));
            target.Byte((byte)'/');
            target.Utf8(form.KeyOf(request));
        }
    }
}
