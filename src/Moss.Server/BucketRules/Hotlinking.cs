using Microsoft.AspNetCore.Http;
using Moss.Protocol.Errors;
using Moss.Protocol.Xml;
using Moss.Server.AccessControl.Policies;
using Moss.Server.Operations.Buckets;
using Moss.Server.Pipeline;

namespace Moss.Server.BucketRules;

/// <summary>
/// Keeps pages of strangers from using a bucket's objects. Only requests that a page can cause by an address alone are asked for their page: those that
/// nobody signed, and those that are signed in the URL. Who sends an Authorization header, or a form that is signed itself, is not asked.
/// </summary>
static class Hotlinking
{
    const string Refusal = "You are denied by bucket referer policy.";

    /// <summary>Of a page with a longer address browsers name the site alone (Referrer Policy, 8.4); whoever does not is no browser.</summary>
    const int MaxPage = 4096;

    /// <exception cref="OssException"><c>AccessDenied</c>.</exception>
    public static async ValueTask CheckAsync(OssContext context, CancellationToken ct)
    {
        var caller = context.Caller;
        if ((!caller.IsAnonymous && !caller.IsUrlSigned) || context.Request.Bucket is null
            || HttpMethods.IsOptions(context.Request.Method) || context.Operation.Name is "PostObject" or "PutBucket")
        {
            return; // A form is not a page's request, and a bucket to be made has no rules yet.
        }

        var rules = await BucketReferer.Document.TryFindAsync(context, ct);
        if (EcOf(rules!, context.GivenHeader("Referer")) is { } ec)
        {
            throw new OssException(OssErrors.AccessDenied, Refusal, ec, [new("BucketName", context.Bucket.Value)]);
        }
    }

    /// <summary>The error code detail of the refusal; null when the page may have it.</summary>
    public static string? EcOf(RefererConfiguration rules, string? referer)
    {
        if (string.IsNullOrEmpty(referer))
        {
            return rules.AllowEmptyReferer || rules.RefererList.Count == 0 ? null : "0003-00000501";
        }

        if (rules.RefererBlacklist.Count == 0 && rules.RefererList.Count == 0)
        {
            return null;
        }

        var page = Cut(rules, referer.Length > MaxPage ? $"{referer.AsSpan(0, PathOf(referer))}/" : referer);
        return page.Length > MaxPage || MatchesAny(rules.RefererBlacklist, page) ? "0003-00000502"
            : rules.RefererList.Count == 0 || MatchesAny(rules.RefererList, page) ? null
            : "0003-00000503";
    }

    static bool MatchesAny(IReadOnlyList<string> patterns, string page)
    {
        var scheme = page.IndexOf("://", StringComparison.Ordinal);
        var bare = scheme < 0 ? null : page[(scheme + 3)..];
        foreach (var text in patterns)
        {
            // Without a scheme it stands for http and https alike.
            var pattern = new WildcardPattern(text, ignoreCase: true);
            if (MatchesHome(pattern, page) || (bare is not null && !text.Contains("://", StringComparison.Ordinal) && MatchesHome(pattern, bare)))
            {
                return true;
            }
        }

        return false;
    }

    // Browsers send the address of a site with a slash at its end, and people write it without.
    static bool MatchesHome(WildcardPattern pattern, string page) =>
        pattern.Matches(page) || (page.EndsWith('/') && PathOf(page) == page.Length - 1 && pattern.Matches(page.AsSpan(0, page.Length - 1)));

    static string Cut(RefererConfiguration rules, string referer)
    {
        if (rules.TruncatePath == true)
        {
            return referer[..PathOf(referer)];
        }

        var query = rules.AllowTruncateQueryString == false ? -1 : referer.AsSpan().IndexOfAny('?', '#');
        return query < 0 ? referer : referer[..query];
    }

    // Where the path, or what stands in its place, begins.
    static int PathOf(string page)
    {
        var scheme = page.IndexOf("://", StringComparison.Ordinal);
        var start = scheme < 0 ? 0 : scheme + 3;
        var end = page.AsSpan(start).IndexOfAny('/', '?', '#');
        return end < 0 ? page.Length : start + end;
    }
}
