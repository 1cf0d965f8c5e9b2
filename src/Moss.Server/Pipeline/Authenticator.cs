using Microsoft.AspNetCore.Http;
using Moss.Protocol.Errors;
using Moss.Protocol.Signing;

namespace Moss.Server.Pipeline;

/// <summary>Finds out who sent a request, before its body is read.</summary>
sealed class Authenticator(RequestAuthenticator signatures, AccountKeys keys)
{
    public async ValueTask AuthenticateAsync(OssContext context, CancellationToken ct)
    {
        // A browser's preflight carries no signature, and needs none.
        if (HttpMethods.IsOptions(context.Request.Method))
        {
            return;
        }

        var result = await CheckAsync(context, ct);
        if (result.SecurityToken is not null)
        {
            throw new OssException(OssErrors.InvalidSecurityToken);
        }

        if (result.AccessKeyId is { } id)
        {
            context.Caller = keys.CallerOf(id);
        }

        ReadAsSigned(context, result);
    }

    async ValueTask<AuthenticationResult> CheckAsync(OssContext context, CancellationToken ct)
    {
        try
        {
            return await signatures.AuthenticateAsync(Signable(context, context.Request), keys, ct);
        }
        catch (OssException mismatch) when (IsMismatch(mismatch) && context.Request.OtherReadings.Count > 0)
        {
            foreach (var reading in context.Request.OtherReadings)
            {
                if (await TryAsync(context, reading, ct) is { } result)
                {
                    context.Request = reading;
                    return result;
                }
            }

            throw;
        }
    }

    async ValueTask<AuthenticationResult?> TryAsync(OssContext context, OssRequest reading, CancellationToken ct)
    {
        try
        {
            return await signatures.AuthenticateAsync(Signable(context, reading), keys, ct);
        }
        catch (OssException mismatch) when (IsMismatch(mismatch))
        {
            return null;
        }
    }

    static bool IsMismatch(OssException exception) => exception.Error == OssErrors.SignatureDoesNotMatch;

    static SignableRequest Signable(OssContext context, OssRequest request)
    {
        var headers = new List<KeyValuePair<string, string>>(context.Http.Request.Headers.Count);
        foreach (var (name, values) in context.Http.Request.Headers)
        {
            foreach (var value in values)
            {
                headers.Add(new(name, value ?? ""));
            }
        }

        return new(request.Method, request.Bucket?.Value, request.Key?.Value, request.Query.Items, headers);
    }

    // The server acts only on what was signed, read as its signer read it.
    static void ReadAsSigned(OssContext context, AuthenticationResult result)
    {
        if (!result.PlusIsLiteral && result.Uncovered.Count == 0)
        {
            return;
        }

        foreach (var name in result.Uncovered)
        {
            context.Http.Request.Headers.Remove(name);
        }

        var query = result.PlusIsLiteral ? context.Query.WithLiteralPlus() : context.Query;
        context.Request = context.Request with { Query = query.Without(result.Uncovered) };
    }
}

/// <summary>The access keys there are: the root's, until accounts can be made.</summary>
sealed class AccountKeys(RootCredential root) : IAccessKeySource
{
    /// <summary>The account that owns everything. Fixed, so that buckets keep their owner when the key is changed.</summary>
    public const string RootAccountId = "1000000000000001";

    public ValueTask<AccessKey?> FindAsync(string accessKeyId, string? securityToken, CancellationToken ct) =>
        ValueTask.FromResult(accessKeyId == root.AccessKeyId ? new AccessKey(root.AccessKeyId, root.Secret) : null);

    /// <summary>The account behind a key that <see cref="FindAsync"/> found.</summary>
    public Caller CallerOf(string accessKeyId) => new(accessKeyId, RootAccountId, IsRoot: accessKeyId == root.AccessKeyId);
}
