using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;
using Moss.Protocol.Errors;

namespace Moss.Client.Http;

/// <summary>What is worth another try, and when. Source: the policy of the second-generation SDKs (reference, section 2.1).</summary>
static class RetryPolicy
{
    /// <summary>A short reason when another try makes sense, null when it does not.</summary>
    public static string? Reason(Exception e) => e switch
    {
        OssException refusal => Reason(refusal),
        HttpRequestException { InnerException: AuthenticationException } => null,
        HttpRequestException http => http.HttpRequestError switch
        {
            HttpRequestError.UserAuthenticationError or HttpRequestError.VersionNegotiationError
                or HttpRequestError.ConfigurationLimitExceeded => null,
            var error => error.ToString(),
        },
        TimeoutException => "Timeout",
        ChecksumMismatchException => "Checksum",
        // A connection that is reset in the moment it comes to stand escapes the HTTP stack as it is.
        IOException or SocketException => "Connection",
        _ => null,
    };

    /// <summary>Full jitter: random between zero and a bound that doubles.</summary>
    public static TimeSpan Delay(OssClientOptions options, int failures, Exception e)
    {
        var bound = Math.Min(options.MaxDelay.TotalSeconds, options.BaseDelay.TotalSeconds * Math.Pow(2, Math.Min(failures - 1, 30)));
        var jitter = TimeSpan.FromSeconds(bound * Random.Shared.NextDouble());
        var asked = RetryAfter(e);
        return asked <= jitter ? jitter : asked < options.MaxDelay ? asked : options.MaxDelay;
    }

    static string? Reason(OssException e) => e switch
    {
        { Status: 408 or 429 or >= 500 } and not { Status: 501 or 505 or 507 } => e.Code,
        // The body was damaged or cut on its way; the service stored nothing.
        { Code: "InvalidDigest" or "InvalidCRC64" or "IncompleteBody" or "RequestTimeout" or "BadRequest" } => e.Code,
        // The client's own reading of an answer that was damaged on its way.
        { Code: "MalformedXML", Status: 400, RequestId: null } => "DamagedAnswer",
        _ => null,
    };

    static TimeSpan RetryAfter(Exception e)
    {
        foreach (var (name, value) in (e as OssException)?.Headers ?? [])
        {
            if (name.Equals("Retry-After", StringComparison.OrdinalIgnoreCase)
                && int.TryParse(value, NumberStyles.None, null, out var seconds))
            {
                return TimeSpan.FromSeconds(seconds);
            }
        }

        return TimeSpan.Zero;
    }
}
