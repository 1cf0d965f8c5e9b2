namespace Moss.Protocol.Signing;

/// <summary>Who signed a request, and how. It says nothing of what the signer may do, nor whether its token is good.</summary>
public sealed class AuthenticationResult
{
    internal AuthenticationResult(ParsedSignature signature, CanonicalForm form, IReadOnlyList<string> uncovered)
    {
        Scheme = signature.Scheme;
        AccessKeyId = signature.AccessKeyId;
        SecurityToken = signature.SecurityToken;
        Region = signature.Region;
        PlusIsLiteral = form.Text == QueryText.LiteralPlus;
        UsesAlternativeKey = form.UseAlternativeKey;
        Uncovered = uncovered;
    }

    /// <summary>The way the request was signed.</summary>
    public SignatureScheme Scheme { get; }

    /// <summary>Whether nobody signed it.</summary>
    public bool IsAnonymous => Scheme == SignatureScheme.Anonymous;

    /// <summary>Whether the signature is in the URL, so that whoever has the URL is the signer.</summary>
    public bool IsUrlSigned => Scheme is SignatureScheme.V1Url or SignatureScheme.V2Url or SignatureScheme.V4Url;

    /// <summary>The access key; null exactly for an anonymous request.</summary>
    public string? AccessKeyId { get; }

    /// <summary>The token as sent (header or query), or null. It was signed, but is not checked.</summary>
    public string? SecurityToken { get; }

    /// <summary>The region of a V4 scope, or null.</summary>
    public string? Region { get; }

    /// <summary>
    /// The signer took <c>+</c> in the query for a plus. The server must read the query in the same way
    /// (<see cref="QueryParameter.WithLiteralPlus"/>), or else it would act on something that nobody signed.
    /// </summary>
    public bool PlusIsLiteral { get; }

    /// <summary>
    /// The signer meant <see cref="SignableRequest.AlternativeKey"/>: that is the key the request is about, and no other.
    /// </summary>
    public bool UsesAlternativeKey { get; }

    /// <summary>
    /// Names of headers (empty ones) and <c>x-oss-</c> parameters (unknown ones) that the signer left out as some SDKs do. They are not
    /// authenticated: the server must treat them as absent. Nearly always empty.
    /// </summary>
    public IReadOnlyList<string> Uncovered { get; }
}
