using System.Globalization;
using Microsoft.AspNetCore.Http;
using Moss.Protocol.Errors;
using Moss.Protocol.Xml;
using Moss.Server.Operations.Buckets;
using Moss.Server.Pipeline;

namespace Moss.Server.BucketRules;

/// <summary>
/// What a bucket tells browsers about pages of other origins. CORS never refuses a request, it only lets the page read the answer; so the headers are on
/// every answer that a rule matches, errors included, or the page could not tell why it failed.
/// </summary>
static class CrossOrigin
{
    /// <summary>Headers that a preflight may ask for: each is compared with all that a rule allows.</summary>
    const int MaxAskedHeaders = 100;

    /// <summary>Puts the headers on the answer to come, by the first rule for the request's origin and method.</summary>
    public static async ValueTask AnnounceAsync(OssContext context, CancellationToken ct)
    {
        if (context.Request.Bucket is null || await BucketCors.Document.TryFindAsync(context, ct) is not { } rules)
        {
            return;
        }

        if (rules.ResponseVary)
        {
            context.StandingHeaders.Add(new("Vary", "Origin"));
        }

        var method = context.Request.Method;
        if (!HttpMethods.IsOptions(method) && context.GivenHeader("Origin") is { } origin && Match(rules, origin, method, []) is { } rule)
        {
            context.StandingHeaders.AddRange(HeadersOf(rule, origin, string.Join(", ", rule.AllowedMethods)));
        }
    }

    /// <summary>Answers a preflight.</summary>
    /// <exception cref="OssException"><c>BadRequest</c> or <c>AccessForbidden</c>.</exception>
    public static async Task PreflightAsync(OssContext context, CancellationToken ct)
    {
        var origin = context.GivenHeader("Origin")
            ?? throw new OssException(OssErrors.BadRequest, "Insufficient information. Origin request header needed.", "0034-00000101");
        var method = context.GivenHeader("Access-Control-Request-Method")
            ?? throw new OssException(OssErrors.BadRequest, "Insufficient information. Request Access-Control-Request-Method header needed.", "0034-00000102");
        var rules = context.Request.Bucket is null ? null : await BucketCors.Document.FindAsync(context, ct);
        if (rules is null)
        {
            throw new OssException(OssErrors.AccessForbidden, "CORSResponse: CORS is not enabled for this bucket.", "0003-00000601");
        }

        var asked = context.Http.Request.Headers["Access-Control-Request-Headers"].ToString()
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var rule = (asked.Length <= MaxAskedHeaders ? Match(rules, origin, method, asked) : null) ?? throw new OssException(OssErrors.AccessForbidden, ec: "0003-00000602");
        context.StandingHeaders.AddRange(HeadersOf(rule, origin, method));
        context.SetHeader("Access-Control-Allow-Headers", string.Join(", ", asked));
        await context.Empty();
    }

    /// <summary>The first rule that allows all of it: origin and header names in any case, the method as it is.</summary>
    public static CorsRule? Match(CorsConfiguration rules, string origin, string method, IReadOnlyCollection<string> headers)
    {
        foreach (var rule in rules.Rules)
        {
            if (rule.AllowedMethods.Contains(method)
                && MatchesAny(rule.AllowedOrigins, origin)
                && headers.All(header => MatchesAny(rule.AllowedHeaders, header)))
            {
                return rule;
            }
        }

        return null;
    }

    // Only the star is special here.
    static bool MatchesAny(IReadOnlyList<string> patterns, string text)
    {
        foreach (var pattern in patterns)
        {
            var star = pattern.IndexOf('*', StringComparison.Ordinal);
            var matches = star < 0
                ? pattern.Equals(text, StringComparison.OrdinalIgnoreCase)
                : text.Length >= pattern.Length - 1
                    && text.StartsWith(pattern[..star], StringComparison.OrdinalIgnoreCase)
                    && text.EndsWith(pattern[(star + 1)..], StringComparison.OrdinalIgnoreCase);
            if (matches)
            {
                return true;
            }
        }

        return false;
    }

    static IEnumerable<KeyValuePair<string, string>> HeadersOf(CorsRule rule, string origin, string methods)
    {
        yield return new("Access-Control-Allow-Origin", rule.AllowedOrigins.Contains("*") ? "*" : origin);
        yield return new("Access-Control-Allow-Methods", methods);
        if (rule.ExposeHeaders.Count > 0)
        {
            yield return new("Access-Control-Expose-Headers", string.Join(", ", rule.ExposeHeaders));
        }

        if (rule.MaxAgeSeconds is { } seconds)
        {
            yield return new("Access-Control-Max-Age", seconds.ToString(CultureInfo.InvariantCulture));
        }
    }
}
