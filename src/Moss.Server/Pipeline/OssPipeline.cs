using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Moss.Protocol.Errors;
using Moss.Server.AccessControl.Admin;
using Moss.Server.AccessControl.Audit;
using Moss.Server.BucketRules;
using Moss.Server.Observability;

namespace Moss.Server.Pipeline;

/// <summary>
/// The way of every request, in order: request id, parse, authenticate, find the operation, authorise, dispatch. What a bucket's own rules add stands
/// in <see cref="BucketRules"/>. Whatever is thrown on the way is caught here; only a bucket that is a website may answer a refusal with a page of its own.
/// </summary>
sealed class OssPipeline(OssServices services, StatusPages pages, AdminApi admin)
{
    public async Task HandleAsync(HttpContext http)
    {
        var context = new OssContext(http, services, services.Ids.NewRequestId(), services.Time.GetTimestamp());
        if (await admin.TryServeAsync(context) || await services.Access.Sts.TryServeAsync(context) || await services.Callbacks.TryServeKeyAsync(http)
            || await pages.TryServeAsync(http))
        {
            return;
        }

        CommonHeaders.Set(context);
        try
        {
            Parse(context);
            await CrossOrigin.AnnounceAsync(context, http.RequestAborted);
            await services.Authenticator.AuthenticateAsync(context, http.RequestAborted);
            context.Operation = OperationTable.Find(context.Request, http.Request.Headers);
            await HiddenHeaders.HideAsync(context, http.RequestAborted);
            await TlsVersions.CheckAsync(context, http.RequestAborted);
            await Hotlinking.CheckAsync(context, http.RequestAborted);
            await Website.ServeAsync(context, ServeAsync, http.RequestAborted);
        }
        catch (Exception exception)
        {
            await ErrorWriter.WriteAsync(context, exception);
        }

        RequestLog.Write(context);
        Auditing.OfRequest(context);
        services.Buckets.AccessLog.Add(context);
    }

    void Parse(OssContext context)
    {
        var http = context.Http;
        var target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        context.Request = services.Parser.Parse(http.Request.Method, http.Request.Headers.Host.ToString(), target);
    }

    async Task ServeAsync(OssContext context, CancellationToken ct)
    {
        await services.Authorizer.AuthorizeAsync(context, ct);
        await PublicAccess.CheckAclAsync(context, ct);
        await OverwriteProtection.ApplyAsync(context, ct);
        await DispatchAsync(context, ct);
    }

    static async Task DispatchAsync(OssContext context, CancellationToken ct)
    {
        if (context.Operation.Handler is { } handler)
        {
            RequestBody.CheckDigestOfEmpty(context);
            await handler(context, ct);
            return;
        }

        // Clients probe every call with a bucket that is not there, and expect to be told so.
        if (context.Request.Bucket is { } bucket)
        {
            await context.Storage.Buckets.FindAsync(bucket, ct);
        }

        throw new OssException(
            OssErrors.NotImplemented, $"The operation {context.Operation.Name} is not implemented by this server.");
    }
}
