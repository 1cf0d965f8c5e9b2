using Moss.Protocol.Errors;

namespace Moss.Protocol.Signing;

/// <summary>Finds out who sent a request: reads the signature, looks up the key, checks.</summary>
/// <param name="time">The server's clock.</param>
/// <param name="options">What the server accepts.</param>
public sealed class RequestAuthenticator(TimeProvider time, SignatureOptions options)
{
    /// <summary>
    /// The sender of a request. A security token is returned as it came: whether it is known, belongs to the key and is
    /// still valid is the caller's check, the last of the documented order.
    /// </summary>
    /// <exception cref="OssException">The documented refusal.</exception>
    public async ValueTask<AuthenticationResult> AuthenticateAsync(SignableRequest request, IAccessKeySource keys, CancellationToken ct)
    {
        var signature = ParsedSignature.Parse(request, time.GetUtcNow(), options);
        if (signature.IsAnonymous)
        {
            return signature.Anonymous();
        }

        var id = signature.AccessKeyId!;
        var key = await keys.FindAsync(id, signature.SecurityToken, ct) ?? throw SignatureErrors.UnknownAccessKey(id);
        return key.IsDisabled ? throw SignatureErrors.DisabledAccessKey(id) : signature.Verify(key.Secret);
    }
}
