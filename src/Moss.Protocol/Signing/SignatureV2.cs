using System.Security.Cryptography;

namespace Moss.Protocol.Signing;

/// <summary>
/// Signature V2: base64(HMAC-SHA256(secret, text)), the text being the head of V1, the covered headers, the names of the
/// additional headers and the percent-encoded resource with every parameter.
/// </summary>
static class SignatureV2
{
    public const string Version = "OSS2";

    public static void StringToSign(
        CanonicalBuffer target, SignableRequest request, IReadOnlyList<string> additional, string dateLine, CanonicalForm form)
    {
        SignatureV1.Head(target, request, dateLine);
        CanonicalHeaders.Append(target, request, mandatory: [], additional, form);
        SignatureV4.AdditionalHeaders(target, additional);
        target.Byte((byte)'\n');
        target.Encoded("/", keepSlash: false);
        if (request.Bucket is not null)
        {
            target.Encoded(form.BucketOf(request), keepSlash: false);
            target.Encoded("/", keepSlash: false);
            target.Encoded(form.KeyOf(request), keepSlash: false);
        }

        CanonicalQuery.Append(target, request.Query, QuerySelection.AllButSignature, form, "?"u8);
    }

    public static string Sign(AccessKeySecret secret, ReadOnlySpan<byte> stringToSign)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(secret.Utf8, stringToSign, hash);
        return Convert.ToBase64String(hash);
    }
}
