using Microsoft.AspNetCore.Http;
using Moss.Protocol.Errors;
using Moss.Protocol.Signing;
using Moss.Server.AccessControl;

namespace Moss.Server.Pipeline;

/// <summary>Finds out who sent a request, before its body is read.</summary>
sealed class Authenticator(RequestAuthenticator signatures, KeyRing keys)
{
    public async ValueTask AuthenticateAsync(OssContext context, CancellationToken ct)
    {
        // A browser's preflight carries no signature, and needs none; a form carries its own.
        if (HttpMethods.IsOptions(context.Request.Method) || IsForm(context))
        {
            return;
        }

        var view = await keys.OpenAsync(ct);
        var result = await CheckAsync(context, view, ct);
        if (!result.IsAnonymous)
        {
            context.Caller = view.CallerOf(result.AccessKeyId!) with { IsUrlSigned = result.IsUrlSigned };
        }

        ReadAsSigned(context, result);
    }

    async ValueTask<AuthenticationResult> CheckAsync(OssContext context, KeyRingView view, CancellationToken ct)
    {
        try
        {
            return await signatures.AuthenticateAsync(Signable(context, context.Request), view, ct);
        }
        catch (OssException mismatch) when (IsMismatch(mismatch) && context.Request.OtherReadings.Count > 0)
        {
            foreach (var reading in context.Request.OtherReadings)
            {
                if (await TryAsync(context, reading, view, ct) is { } result)
                {
                    context.Request = reading;
                    return result;
                }
            }

            throw;
        }
    }

    async ValueTask<AuthenticationResult?> TryAsync(OssContext context, OssRequest reading, KeyRingView view, CancellationToken ct)
    {
        try
        {
            return await signatures.AuthenticateAsync(Signable(context, reading), view, ct);
        }
        catch (OssException mismatch) when (IsMismatch(mismatch))
        {
            return null;
        }
    }

    static bool IsMismatch(OssException exception) => exception.Error == OssErrors.SignatureDoesNotMatch;

    static SignableRequest Signable(OssContext context, OssRequest request) =>
        new(request.Method, request.Bucket?.Value, request.Key?.Value, request.Query.Items, HeadersOf(context.Http.Request));

    // PostObject: signatures in the header or the URL count for nothing there.
    static bool IsForm(OssContext context) =>
        context.Request is { Scope: Scope.Bucket } request && HttpMethods.IsPost(request.Method)
        && context.Header("Content-Type")?.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Every header line as it came, for the signature.</summary>
    public static List<KeyValuePair<string, string>> HeadersOf(HttpRequest request)
    {
        var headers = new List<KeyValuePair<string, string>>(request.Headers.Count);
        foreach (var (name, values) in request.Headers)
        {
            foreach (var value in values)
            {
                headers.Add(new(name, value ?? ""));
            }
        }

        return headers;
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
