using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Moss.Protocol.Errors;
using Moss.Protocol.Signing;
using Moss.Server.Pipeline;

namespace Moss.Server.PostObject;

/// <summary>
/// Who signed a form. The signature is over the text of its policy field alone: V1 (HMAC-SHA1), V2 (HMAC-SHA256) or V4 (HMAC-SHA256 with a key for
/// day, region and product).
/// </summary>
static class PostSignature
{
    const string V4Version = "OSS4-HMAC-SHA256";
    const string V4Terminator = "aliyun_v4_request";
    const int MaxShown = 16 * 1024;
    static readonly TimeSpan MaxAge = TimeSpan.FromDays(7);

    /// <summary>Whoever signed; nobody when key, policy and signature are all missing.</summary>
    /// <exception cref="OssException">The documented refusal.</exception>
    public static async ValueTask<Caller> CheckAsync(OssContext context, PostForm form, CancellationToken ct)
    {
        var version = form.Given("x-oss-signature-version");
        var claim = version switch
        {
            null => Claim.V1(form),
            V4Version => Claim.V4(form, context.Services.Time.GetUtcNow(), context.Services.Options.Region),
            "OSS2" => Claim.V2(form),
            _ => throw OssErrors.Argument("x-oss-signature-version", version, "x-oss-signature-version is invalid."),
        };
        if (claim is null)
        {
            return Caller.Anonymous;
        }

        var view = await context.Services.Access.Keys.OpenAsync(ct);
        var key = AccessKey.IsValidId(claim.AccessKeyId) ? await view.FindAsync(claim.AccessKeyId, form.Given("x-oss-security-token"), ct) : null;
        if (key is null or { IsDisabled: true })
        {
            throw new OssException(
                OssErrors.InvalidAccessKeyId,
                key is null ? null : "The OSS Access Key Id you provided is disabled.",
                key is null ? null : "0002-00000904",
                [new("OSSAccessKeyId", claim.AccessKeyId)]);
        }

        var expected = claim.Sign(Encoding.UTF8.GetBytes(key.Secret.Reveal()), Encoding.UTF8.GetBytes(claim.Policy));
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(claim.Signature))
            ? view.CallerOf(claim.AccessKeyId)
            : throw new OssException(
                OssErrors.SignatureDoesNotMatch,
                ec: "0002-00000705",
                details: [new("OSSAccessKeyId", claim.AccessKeyId), new("SignatureProvided", claim.Signature), new("StringToSign", Shown(claim.Policy))]);
    }

    // Enough to compare; a policy of megabytes would be held for as long as its sender likes to take the answer.
    static string Shown(string policy) => policy.Length <= MaxShown ? policy : policy[..MaxShown];

    /// <summary>What a form claims to be signed with.</summary>
    sealed record Claim(string AccessKeyId, string Policy, string Signature, Func<byte[], byte[], string> Sign)
    {
        public static Claim? V1(PostForm form) =>
            Of(form, form.Given("OSSAccessKeyId"), form.Given("Signature"), static (secret, text) => Convert.ToBase64String(HMACSHA1.HashData(secret, text)));

        public static Claim? V2(PostForm form) =>
            Of(form, form.Given("x-oss-access-key-id"), form.Given("x-oss-signature"), static (secret, text) => Convert.ToBase64String(HMACSHA256.HashData(secret, text)))
            ?? throw Missing("policy", "0002-00000702");

        public static Claim V4(PostForm form, DateTimeOffset now, string region)
        {
            var credential = form.Given("x-oss-credential") ?? throw Missing("credential", "0002-00000703");
            var parts = credential.Split('/');
            if (parts is not [_, _, _, _, V4Terminator] || parts.Any(part => part.Length == 0))
            {
                throw OssErrors.Argument("x-oss-credential", credential, "The x-oss-credential is malformed.", "0002-00000708");
            }

            CheckDate(form.Given("x-oss-date") ?? throw Missing("x-oss-date", "0002-00000709"), parts[1], now);
            if ((region.Length > 0 && parts[2] != region) || parts[3] != "oss")
            {
                throw OssErrors.Argument("x-oss-credential", credential, "The x-oss-credential names another region or product.", "0002-00000710");
            }

            return Of(form, parts[0], form.Given("x-oss-signature"), (secret, text) => SignV4(secret, parts, text)) ?? throw Missing("policy", "0002-00000702");
        }

        static Claim? Of(PostForm form, string? accessKeyId, string? signature, Func<byte[], byte[], string> sign)
        {
            var policy = form.Given("policy");
            return accessKeyId is null && policy is null && signature is null ? null : new(
                accessKeyId ?? throw Missing("accessKeyId", "0002-00000703"),
                policy ?? throw Missing("policy", "0002-00000702"),
                signature ?? throw Missing("signature", "0002-00000704"),
                sign);
        }

        static void CheckDate(string text, string day, DateTimeOffset now)
        {
            const string Format = "yyyyMMdd'T'HHmmss'Z'";
            if (!DateTimeOffset.TryParseExact(
                text, Format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var date)
                || !text.StartsWith(day, StringComparison.Ordinal) || day.Length != 8)
            {
                throw OssErrors.Argument("x-oss-date", text, "The x-oss-date is malformed, or not of the day of the credential.", "0002-00000709");
            }

            if (date - now > SignatureOptions.MaxSkew || now - date > MaxAge)
            {
                throw new OssException(OssErrors.AccessDenied, date > now ? "Request is not valid yet." : "Request has expired.");
            }
        }

        static string SignV4(byte[] secret, string[] scope, byte[] text)
        {
            var key = HMACSHA256.HashData((byte[])[.. "aliyun_v4"u8, .. secret], Encoding.UTF8.GetBytes(scope[1]));
            foreach (var part in (ReadOnlySpan<string>)[scope[2], scope[3], V4Terminator])
            {
                key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
            }

            return Convert.ToHexStringLower(HMACSHA256.HashData(key, text));
        }

        static OssException Missing(string what, string ec) => new(OssErrors.InvalidArgument, $"Post request {what} is empty.", ec);
    }
}
