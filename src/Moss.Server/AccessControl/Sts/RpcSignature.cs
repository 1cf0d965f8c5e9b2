using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Moss.Protocol.Signing;

namespace Moss.Server.AccessControl.Sts;

/// <summary>What a call of the RPC form claims: its key, its time, its nonce, and what its signature is over.</summary>
/// <param name="AccessKeyId">The key.</param>
/// <param name="SecurityToken">The token of a temporary key, or null.</param>
/// <param name="Timestamp">When it was signed.</param>
/// <param name="Nonce">Used once.</param>
/// <param name="StringToSign">What is signed.</param>
/// <param name="Signature">As it came.</param>
/// <param name="IsMatch">Whether a signature is that of a secret, in fixed time.</param>
sealed record RpcSignature(
    string AccessKeyId,
    string? SecurityToken,
    DateTimeOffset Timestamp,
    string Nonce,
    string StringToSign,
    string Signature,
    Func<AccessKeySecret, bool> IsMatch)
{
    /// <summary>Signature 1.0: base64(HMAC-SHA1(secret + "&amp;", METHOD&amp;%2F&amp;encoded sorted parameters)), all of it in parameters.</summary>
    /// <exception cref="StsException">A parameter is missing or cannot be.</exception>
    public static RpcSignature OfParameters(RpcRequest request)
    {
        var id = request["AccessKeyId"] ?? throw StsException.Missing("AccessKeyId");
        var signature = request["Signature"] ?? throw StsException.Missing("Signature");
        var timestamp = request["Timestamp"] ?? throw StsException.Missing("Timestamp");
        var nonce = request["SignatureNonce"] ?? throw StsException.Missing("SignatureNonce");
        if ((request["SignatureMethod"] ?? "HMAC-SHA1") != "HMAC-SHA1" || (request["SignatureVersion"] ?? "1.0") != "1.0")
        {
            throw StsException.Invalid("SignatureMethod", "SignatureMethod must be HMAC-SHA1, SignatureVersion 1.0.");
        }

        var pairs = request.Parameters.Where(pair => pair.Key != "Signature").Select(pair => $"{Encode(pair.Key)}={Encode(pair.Value)}");
        var text = $"{request.Method}&%2F&{Encode(string.Join('&', pairs))}";
        return new(
            id,
            request["SecurityToken"],
            ParseTime(timestamp),
            nonce,
            text,
            signature,
            secret => AreSame(Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(secret.Reveal() + "&"), Encoding.UTF8.GetBytes(text))), signature));
    }

    /// <summary>RFC 3986: everything but letters, digits and <c>- _ . ~</c>.</summary>
    public static string Encode(string text) => PercentEncoding.Encode(text, keepSlash: false);

    /// <summary>ISO 8601 in UTC; JavaScript's own form, which npm ali-oss sends, has milliseconds.</summary>
    public static DateTimeOffset ParseTime(string text) =>
        DateTimeOffset.TryParseExact(
            text, "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time
            : throw StsException.BadTime();

    public static bool AreSame(string expected, string given) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(given));
}
