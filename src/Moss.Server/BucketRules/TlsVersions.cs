using System.Security.Authentication;
using Microsoft.AspNetCore.Connections.Features;
using Moss.Protocol.Errors;
using Moss.Server.Operations.Buckets;
using Moss.Server.Pipeline;

namespace Moss.Server.BucketRules;

/// <summary>
/// Keeps connections of an older TLS from a bucket that asks for a newer one. One certificate serves all buckets, so it is known only with the request which
/// bucket is meant; plain HTTP is a matter of policies (<c>acs:SecureTransport</c>).
/// </summary>
static class TlsVersions
{
    /// <exception cref="OssException"><c>AccessDenied</c>.</exception>
    public static async ValueTask CheckAsync(OssContext context, CancellationToken ct)
    {
        if (context.Request.Bucket is null || context.Http.Features.Get<ITlsHandshakeFeature>() is not { } handshake)
        {
            return;
        }

        var rules = await BucketSwitches.Https.TryFindAsync(context, ct);
        if (rules is { Enable: true } && !rules.TLSVersions.Contains(NameOf(handshake.Protocol)))
        {
            throw new OssException(
                OssErrors.AccessDenied, "The bucket does not allow the TLS version of the connection.", details: [new("BucketName", context.Bucket.Value)]);
        }
    }

    static string NameOf(SslProtocols version) => version switch
    {
        SslProtocols.Tls13 => "TLSv1.3",
        SslProtocols.Tls12 => "TLSv1.2",
        _ => "",
    };
}
