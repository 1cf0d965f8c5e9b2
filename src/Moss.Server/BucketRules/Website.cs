using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Moss.Protocol.Errors;
using Moss.Protocol.Limits;
using Moss.Protocol.Names;
using Moss.Protocol.Signing;
using Moss.Protocol.Xml;
using Moss.Server.Operations.Buckets;
using Moss.Server.Pipeline;

namespace Moss.Server.BucketRules;

/// <summary>
/// A bucket that is a website. Index and error pages are for readers, who sign nothing; a signed request gets what the API says, listings and XML errors. Routing
/// rules redirect any GetObject that was refused as their condition says. Order: the object, the routing rules, the index of a directory, the error page.
/// Nothing is looked up for a request that succeeds, but for the root and for directories.
/// </summary>
static class Website
{
    public static async Task ServeAsync(OssContext context, OperationHandler serve, CancellationToken ct)
    {
        var isPage = context.Operation.Name is "GetObject" or "HeadObject";
        if (!isPage && !IsRoot(context))
        {
            await serve(context, ct);
            return;
        }

        await OpenIndexAsync(context, ct);
        try
        {
            await serve(context, ct);
        }
        catch (OssException refusal) when (MayAnswer(context, refusal))
        {
            if (await BucketWebsite.Document.FindAsync(context, ct) is not { } site || !await TryAnswerAsync(context, site, refusal, serve, ct))
            {
                throw;
            }
        }
    }

    static bool IsRoot(OssContext context) =>
        context is { Caller.IsAnonymous: true, Operation.Name: "ListObjects" or "HeadBucket" } && !ListingNames.Any(context.Query.Contains);

    // Whoever names one of these wants a listing, and none of them is anything to a page.
    static readonly string[] ListingNames = ["prefix", "marker", "delimiter", "max-keys", "encoding-type"];

    static bool MayAnswer(OssContext context, OssException refusal) =>
        refusal.Status is >= StatusCodes.Status400BadRequest and < StatusCodes.Status500InternalServerError
        && refusal.Error != OssErrors.NoSuchBucket && context.Request.Key is not null && !context.Response.HasStarted;

    // The root and, in a site, everything that ends like a directory is answered with a page.
    static async ValueTask OpenIndexAsync(OssContext context, CancellationToken ct)
    {
        var key = context.Request.Key?.Value;
        if (!context.Caller.IsAnonymous || (key is not null && !key.EndsWith('/')))
        {
            return;
        }

        if (await BucketWebsite.Document.FindAsync(context, ct) is { IndexDocument: { } index })
        {
            Open(context, index.SupportSubDir == true ? key + index.Suffix : index.Suffix);
        }
    }

    static async ValueTask<bool> TryAnswerAsync(
        OssContext context, WebsiteConfiguration site, OssException refusal, OperationHandler serve, CancellationToken ct)
    {
        if (HttpMethods.IsGet(context.Request.Method) && site.RoutingRules.FirstOrDefault(rule => Holds(context, rule.Condition, refusal)) is { } rule)
        {
            Log(context, refusal);
            await RedirectAsync(context, rule);
            return true;
        }

        if (!context.Caller.IsAnonymous || refusal.Status != StatusCodes.Status404NotFound)
        {
            return false;
        }

        return await TryDirectoryAsync(context, site.IndexDocument, serve, ct)
            || (site.ErrorDocument is { } error && await TryErrorPageAsync(context, error, refusal, serve, ct));
    }

    static bool Holds(OssContext context, RoutingCondition condition, OssException refusal)
    {
        var key = context.Key.Value;
        return refusal.Status == (condition.HttpErrorCodeReturnedEquals ?? StatusCodes.Status404NotFound)
            && key.StartsWith(condition.KeyPrefixEquals ?? "", StringComparison.Ordinal)
            && key.EndsWith(condition.KeySuffixEquals ?? "", StringComparison.Ordinal)
            && condition.IncludeHeaders.All(header => context.Header(header.Key) == header.Value);
    }

    static Task RedirectAsync(OssContext context, RoutingRule rule)
    {
        var redirect = rule.Redirect;
        var key = context.Key.Value;
        var prefix = redirect.EnableReplacePrefix == true ? rule.Condition.KeyPrefixEquals ?? "" : "";
        key = redirect.ReplaceKeyWith is { } template ? template.Replace("${key}", key, StringComparison.Ordinal)
            : redirect.ReplaceKeyPrefixWith + key[prefix.Length..];
        var protocol = redirect.Protocol ?? context.Http.Request.Scheme;
        var isElsewhere = redirect.HostName is not null;
        var path = isElsewhere ? Encoded(key) : PathOf(context, key);
        var location = $"{protocol}://{redirect.HostName ?? context.Request.HostAndPort}/{path}";
        if (redirect.PassQueryString == true)
        {
            var target = context.Http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
            var question = target.IndexOf('?', StringComparison.Ordinal);
            location += question < 0 ? "" : target[question..];
        }

        return SendAsync(context, redirect.HttpRedirectCode ?? StatusCodes.Status302Found, location);
    }

    // A directory whose slash was left out.
    static async ValueTask<bool> TryDirectoryAsync(OssContext context, IndexDocument? index, OperationHandler serve, CancellationToken ct)
    {
        var key = context.Key.Value;
        if (index is not { SupportSubDir: true, Type: null or 0 or 2 } || key.EndsWith('/') || !await ExistsAsync(context, $"{key}/{index.Suffix}", ct))
        {
            return false;
        }

        if (index.Type == 2)
        {
            Open(context, $"{key}/{index.Suffix}");
            await serve(context, ct);
            return true;
        }

        await SendAsync(context, StatusCodes.Status302Found, "/" + PathOf(context, key + "/"));
        return true;
    }

    static async ValueTask<bool> TryErrorPageAsync(
        OssContext context, WebsiteErrorDocument error, OssException refusal, OperationHandler serve, CancellationToken ct)
    {
        // The page is sent whole, whatever piece or state of the other object was asked for.
        foreach (var name in (string[])["Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"])
        {
            context.Http.Request.Headers.Remove(name);
        }

        if (!await ExistsAsync(context, error.Key, ct))
        {
            return false;
        }

        context.Response.OnStarting(
            static state =>
            {
                var (response, status) = ((HttpResponse, int))state;
                response.StatusCode = response.StatusCode == StatusCodes.Status200OK ? status : response.StatusCode;
                return Task.CompletedTask;
            },
            (context.Response, (int)(error.HttpStatus ?? StatusCodes.Status404NotFound)));
        Log(context, refusal);
        Open(context, error.Key);
        await serve(context, ct);
        return true;
    }

    // From here on the request is one for that object; a key that cannot be is not there.
    static void Open(OssContext context, string key)
    {
        context.Request = context.Request with { Key = ObjectKey.Parse(key), Query = QueryParameters.Empty };
        context.Operation = OperationTable.Find(context.Request, context.Http.Request.Headers);
    }

    static async ValueTask<bool> ExistsAsync(OssContext context, string key, CancellationToken ct)
    {
        if (Encoding.UTF8.GetByteCount(key) > OssLimits.MaxKeyBytes)
        {
            return false;
        }

        var bucket = (await context.Storage.Buckets.SnapshotAsync(context.Bucket, ct)).Bucket;
        var (found, _) = await context.Storage.Objects.FindForAccessAsync(bucket, ObjectKey.Parse(key), version: null, ct);
        return found is not null;
    }

    static Task SendAsync(OssContext context, int status, string location)
    {
        context.SetHeader("Location", HeaderText.Safe(location));
        return context.Empty(status);
    }

    static string PathOf(OssContext context, string key) =>
        context.Request.Addressing == Addressing.Path ? $"{context.Bucket.Value}/{Encoded(key)}" : Encoded(key);

    static string Encoded(string key) => PercentEncoding.Encode(key, keepSlash: true);

    static void Log(OssContext context, OssException refusal) => context.ErrorCode = refusal.Code;
}
