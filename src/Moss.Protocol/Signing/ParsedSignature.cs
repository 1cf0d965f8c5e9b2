using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Moss.Protocol.Errors;

namespace Moss.Protocol.Signing;

/// <summary>
/// A signature read out of a request but not yet checked: it says which key to look up. Reading and checking are two
/// steps, because the key in between comes from a store.
/// </summary>
public sealed class ParsedSignature
{
    internal ParsedSignature(SignableRequest request, SignatureScheme scheme)
    {
        Request = request;
        Scheme = scheme;
    }

    /// <summary>The way the request is signed.</summary>
    public SignatureScheme Scheme { get; }

    /// <summary>Whether there is no signature at all.</summary>
    public bool IsAnonymous => Scheme == SignatureScheme.Anonymous;

    /// <summary>The key the request claims, well-formed; null for an anonymous request.</summary>
    public string? AccessKeyId { get; internal init; }

    /// <summary>The token that came along, or null.</summary>
    public string? SecurityToken { get; internal init; }

    /// <summary>The region of a V4 scope, or null.</summary>
    public string? Region => Scope?.Region;

    internal SignableRequest Request { get; }

    internal CredentialScope? Scope { get; init; }

    internal string Provided { get; init; } = "";

    internal string[] AdditionalHeaders { get; init; } = [];

    /// <summary>The texts that may be the date line, most likely first; at least one unless there is a refusal.</summary>
    internal string[] DateTexts { get; init; } = [];

    /// <summary>What is wrong with scope, date or payload header: reported once the key is known to exist (2.6 of the documented order).</summary>
    internal OssException? Refusal { get; init; }

    /// <summary>
    /// Reads the signature of a request: recognises its scheme, refuses mixtures and malformed ones, and checks the
    /// expiry of URLs. The date of a header-signed request is judged by <see cref="Verify"/>, after the key is found.
    /// </summary>
    /// <param name="request">The request as received.</param>
    /// <param name="now">The server's time.</param>
    /// <param name="options">What the server accepts.</param>
    /// <exception cref="OssException">The documented refusal; nothing else is thrown, whatever the request contains.</exception>
    public static ParsedSignature Parse(SignableRequest request, DateTimeOffset now, SignatureOptions options) =>
        new SignatureParser(request, now, options).Parse();

    /// <summary>Checks the signature with the secret of <see cref="AccessKeyId"/>, in fixed time.</summary>
    /// <exception cref="OssException">
    /// <c>SignatureDoesNotMatch</c> with the text that was expected to be signed, or a refusal of scope, date or payload header.
    /// </exception>
    /// <exception cref="InvalidOperationException">There is no signature (<see cref="IsAnonymous"/>).</exception>
    public AuthenticationResult Verify(AccessKeySecret secret)
    {
        if (IsAnonymous)
        {
            throw new InvalidOperationException("An anonymous request has no signature to verify.");
        }

        if (Refusal is not null)
        {
            throw Refusal;
        }

        if (Matches(secret, default))
        {
            return new AuthenticationResult(this, default, []);
        }

        foreach (var form in CanonicalForm.Alternatives(Request, Scheme, DateTexts.Length))
        {
            if (Matches(secret, form))
            {
                return new AuthenticationResult(this, form, Uncovered(form));
            }
        }

        throw Mismatch();
    }

    /// <summary>The answer for a request without a signature.</summary>
    internal AuthenticationResult Anonymous() => new(this, default, []);

    bool Matches(AccessKeySecret secret, CanonicalForm form)
    {
        using var text = new CanonicalBuffer();
        WriteStringToSign(text, canonicalRequest: null, form);
        if (Scope is null)
        {
            var isV1 = Scheme is SignatureScheme.V1Header or SignatureScheme.V1Url;
            return IsProvided(isV1 ? SignatureV1.Sign(secret, text.Written) : SignatureV2.Sign(secret, text.Written));
        }

        var cached = SigningKeyCache.Shared.Find(Scope.AccessKeyId, Scope.Text, secret);
        var key = cached ?? SignatureV4.DeriveKey(secret, Scope.Date, Scope.Region, Scope.Product);
        var isMatch = IsProvided(SignatureV4.Sign(key, text.Written));
        if (isMatch && cached is null)
        {
            SigningKeyCache.Shared.Remember(Scope.AccessKeyId, Scope.Text, secret, key);
        }

        return isMatch;
    }

    void WriteStringToSign(CanonicalBuffer text, CanonicalBuffer? canonicalRequest, CanonicalForm form)
    {
        var date = DateTexts[form.DateIndex];
        switch (Scheme)
        {
            case SignatureScheme.V1Header or SignatureScheme.V1Url:
                SignatureV1.StringToSign(text, Request, date, form);
                break;
            case SignatureScheme.V2Header or SignatureScheme.V2Url:
                SignatureV2.StringToSign(text, Request, AdditionalHeaders, date, form);
                break;
            default:
                using (var own = canonicalRequest is null ? new CanonicalBuffer() : null)
                {
                    var canonical = canonicalRequest ?? own!;
                    SignatureV4.CanonicalRequest(canonical, Request, AdditionalHeaders, form);
                    SignatureV4.StringToSign(text, date, Scope!.Text, canonical.Written);
                }

                break;
        }
    }

    bool IsProvided(string signature) =>
        CryptographicOperations.FixedTimeEquals(
            MemoryMarshal.AsBytes(signature.AsSpan()), MemoryMarshal.AsBytes(Provided.AsSpan()));

    string[] Uncovered(CanonicalForm form)
    {
        List<string> names = [];
        if (form.SkipEmptyHeaders)
        {
            names.AddRange(Request.Headers
                .Where(header => SignatureV4.IsMandatory(header.Key) && CanonicalHeaders.Trim(header.Value).IsEmpty)
                .Select(header => header.Key));
        }

        if (form.SkipUnknownParameters)
        {
            names.AddRange(Request.Query.Where(p => SignedSubResources.IsUnknownOss(p.Name)).Select(p => p.Name));
        }

        return [.. names];
    }

    OssException Mismatch()
    {
        using var text = new CanonicalBuffer();
        using var canonicalRequest = new CanonicalBuffer();
        WriteStringToSign(text, canonicalRequest, default);
        return SignatureErrors.Mismatch(
            AccessKeyId!, Provided, text.Written, canonicalRequest.Written, Scope is null ? null : "0002-00000201");
    }
}
