using System.Globalization;
using System.Text;
using Moss.Protocol.Errors;

namespace Moss.Protocol.Signing;

/// <summary>The refusals of authentication: message, error code detail and extra elements. Source: the EC pages of the documentation.</summary>
static class SignatureErrors
{
    // Any scheme.
    public static OssException EmptyAuthorization() => Argument("Authorization header value is empty.");

    public static OssException InvalidAuthorization(string? ec = null) => Argument("Authorization header is invalid.", ec);

    public static OssException BadItemCount(string? ec = null) =>
        Argument("Authorization header is invalid, bad num of Items in Authorization header.", ec);

    public static OssException UnknownItem(string? ec = null) => Argument("Unknown parameter in Authorization header.", ec);

    public static OssException KeyOrSignatureMissing(string? ec = null) =>
        Argument("AccessKeyId or Signature is missing in Authorization header value.", ec);

    public static OssException Mixture() =>
        Argument("Only one way of signing is allowed: the Authorization header, or one kind of signature in the query.");

    public static OssException ForeignSignature() =>
        Argument("AWS signatures are not supported. Sign the request with an OSS signature (V1, V2 or V4).");

    public static OssException UnknownVersion(string version) =>
        new(OssErrors.InvalidArgument, "x-oss-signature-version is invalid.", details: [new("ArgumentName", "x-oss-signature-version"), new("ArgumentValue", Readable(version))]);

    public static OssException TwoTokens() =>
        Argument("The security token must be given either in a header or in the query, not in both.");

    public static OssException TokenNotInQuery() =>
        Argument("The security token of a signed URL must be given as a query parameter.");

    public static OssException UnknownAccessKey(string accessKeyId, string? ec = null) =>
        new(OssErrors.InvalidAccessKeyId, ec: ec, details: [new("OSSAccessKeyId", Readable(accessKeyId))]);

    public static OssException DisabledAccessKey(string accessKeyId) =>
        new(
            OssErrors.InvalidAccessKeyId,
            "The OSS Access Key Id you provided is disabled.",
            "0002-00000904",
            [new("OSSAccessKeyId", Readable(accessKeyId))]);

    // Dates.
    public static OssException NoDate() =>
        new(OssErrors.AccessDenied, "OSS authentication requires a valid Date.", "0002-00000503");

    public static OssException Skewed(DateTimeOffset requestTime, DateTimeOffset now) =>
        new(
            OssErrors.RequestTimeTooSkewed,
            details:
            [
                new("MaxAllowedSkewMilliseconds", ((long)SignatureOptions.MaxSkew.TotalMilliseconds).ToString(CultureInfo.InvariantCulture)),
                new("RequestTime", SignatureDate.ToXml(requestTime)),
                new("ServerTime", SignatureDate.ToXml(now)),
            ]);

    public static OssException Expired(string expires, DateTimeOffset now, string ec) =>
        new(OssErrors.AccessDenied, "Request has expired.", ec, [new("Expires", expires), new("ServerTime", SignatureDate.ToXml(now))]);

    public static OssException TooEarly(DateTimeOffset now) =>
        new(OssErrors.AccessDenied, "Request is not valid yet.", "0002-00000235", [new("ServerTime", SignatureDate.ToXml(now))]);

    public static OssException BadExpires(string ec) =>
        new(OssErrors.AccessDenied, "Invalid date (should be seconds since epoch)", ec);

    // URLs.
    public static OssException V1UrlIncomplete() =>
        new(OssErrors.AccessDenied, "Query string authentication requires the Signature, Expires and OSSAccessKeyId parameters.");

    public static OssException V2UrlIncomplete(string? ec = null) =>
        new(
            OssErrors.AccessDenied,
            "Query string authentication requires the x-oss-signature, x-oss-expires and x-oss-access-key-id parameters.",
            ec);

    public static OssException Argument(string message, string? ec = null) => new(OssErrors.InvalidArgument, message, ec);

    /// <summary>The mismatch itself, with everything a client needs to find its mistake.</summary>
    public static OssException Mismatch(
        string accessKeyId, string provided, ReadOnlySpan<byte> stringToSign, ReadOnlySpan<byte> canonicalRequest, string? ec)
    {
        List<KeyValuePair<string, string>> details =
        [
            new("OSSAccessKeyId", accessKeyId),
            new("SignatureProvided", Readable(provided)),
            new("StringToSign", Readable(Encoding.UTF8.GetString(stringToSign))),
            new("StringToSignBytes", SpacedHex(stringToSign)),
        ];
        if (!canonicalRequest.IsEmpty)
        {
            details.Add(new("CanonicalRequest", Readable(Encoding.UTF8.GetString(canonicalRequest))));
        }

        return new OssException(OssErrors.SignatureDoesNotMatch, ec: ec, details: details);
    }

    /// <summary>Replaces what XML 1.0 cannot carry (control characters, lone surrogates) with U+FFFD; the hex element has the truth.</summary>
    static string Readable(string text)
    {
        var builder = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            var isXml = rune.Value is '\t' or '\n' or '\r' or >= 0x20 and not (0xFFFE or 0xFFFF);
            builder.Append(isXml ? rune : Rune.ReplacementChar);
        }

        return builder.ToString();
    }

    static string SpacedHex(ReadOnlySpan<byte> bytes)
    {
        var hex = Convert.ToHexString(bytes);
        var builder = new StringBuilder(hex.Length + bytes.Length);
        for (var i = 0; i < hex.Length; i += 2)
        {
            builder.Append(i == 0 ? "" : " ").Append(hex, i, 2);
        }

        return builder.ToString();
    }
}
