using System.Security.Cryptography;
using System.Text;

namespace Moss.Protocol.Signing;

/// <summary>
/// Signature V4: lower-hex(HMAC-SHA256(derived key, text)), the text naming the time, the scope
/// (day, region, product) and the hash of the canonical request.
/// </summary>
static class SignatureV4
{
    public const string Version = "OSS4-HMAC-SHA256";
    public const string Terminator = "aliyun_v4_request";
    public const string UnsignedPayload = "UNSIGNED-PAYLOAD";

    static readonly string[] MandatoryHeaders = ["content-type", "content-md5"];

    /// <summary>Whether a header is signed without being named in the additional headers.</summary>
    public static bool IsMandatory(string name) =>
        CanonicalHeaders.IsOss(name) || MandatoryHeaders.Contains(name, StringComparer.OrdinalIgnoreCase);

    public static void CanonicalRequest(
        CanonicalBuffer target, SignableRequest request, IReadOnlyList<string> additional, CanonicalForm form)
    {
        target.Utf8(request.Method.ToUpperInvariant());
        target.Bytes("\n/"u8);
        if (request.Bucket is not null)
        {
            target.Encoded(form.BucketOf(request), keepSlash: true);
            target.Byte((byte)'/');
            target.Encoded(form.KeyOf(request), keepSlash: true);
        }

        target.Byte((byte)'\n');
        CanonicalQuery.Append(target, request.Query, QuerySelection.AllButSignature, form, lead: default);
        target.Byte((byte)'\n');
        CanonicalHeaders.Append(target, request, MandatoryHeaders, additional, form);
        target.Byte((byte)'\n');
        AdditionalHeaders(target, additional);
        target.Byte((byte)'\n');
        target.Latin1(request.Header("x-oss-content-sha256") ?? UnsignedPayload);
    }

    public static void AdditionalHeaders(CanonicalBuffer target, IReadOnlyList<string> additional)
    {
        for (var i = 0; i < additional.Count; i++)
        {
            target.Bytes(i == 0 ? default : ";"u8);
            target.Utf8(additional[i]);
        }
    }

    /// <param name="target">Receives the text.</param>
    /// <param name="dateText">The literal text of the date header or parameter, whatever its format.</param>
    /// <param name="scope"><c>date/region/product/aliyun_v4_request</c>.</param>
    /// <param name="canonicalRequest">What is hashed.</param>
    public static void StringToSign(CanonicalBuffer target, string dateText, string scope, ReadOnlySpan<byte> canonicalRequest)
    {
        target.Bytes("OSS4-HMAC-SHA256\n"u8);
        target.Latin1(dateText);
        target.Byte((byte)'\n');
        target.Utf8(scope);
        target.Byte((byte)'\n');
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(canonicalRequest, hash);
        Span<char> hex = stackalloc char[SHA256.HashSizeInBytes * 2];
        Convert.TryToHexStringLower(hash, hex, out _);
        target.Utf8(hex);
    }

    /// <summary>The key (32 bytes) that signs for one day, region and product.</summary>
    public static byte[] DeriveKey(AccessKeySecret secret, string date, string region, string product)
    {
        var prefix = "aliyun_v4"u8;
        var first = new byte[prefix.Length + secret.Utf8.Length];
        prefix.CopyTo(first);
        secret.Utf8.CopyTo(first.AsSpan(prefix.Length));
        var key = HMACSHA256.HashData(first, Encoding.UTF8.GetBytes(date));
        CryptographicOperations.ZeroMemory(first);
        key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(region));
        key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(product));
        return HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(Terminator));
    }

    public static string Sign(ReadOnlySpan<byte> derivedKey, ReadOnlySpan<byte> stringToSign)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(derivedKey, stringToSign, hash);
        return Convert.ToHexStringLower(hash);
    }
}
