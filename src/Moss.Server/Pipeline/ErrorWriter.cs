using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Moss.Protocol.Errors;
using Moss.Protocol.Xml;
using Moss.Server.Observability;
using Moss.Storage;

namespace Moss.Server.Pipeline;

/// <summary>The one place that turns what was thrown into an answer.</summary>
static class ErrorWriter
{
    /// <summary>A request body longer than this is not read to its end only to keep the connection: it is closed after the answer.</summary>
    const long MaxDrainedBody = 1024 * 1024;

    /// <summary>What the log says of a request whose client went away.</summary>
    public const string ClientClosed = "ClientClosed";

    public static async Task WriteAsync(OssContext context, Exception exception)
    {
        if (exception is ConnectionResetException or ConnectionAbortedException || context.Http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to read an answer; what is wrong with this side is logged all the same.
            if (exception is not (OperationCanceledException or BadHttpRequestException or ConnectionResetException or ConnectionAbortedException))
            {
                Translate(context, exception);
            }

            context.ErrorCode = ClientClosed;
            context.Http.Abort();
            return;
        }

        var refusal = Translate(context, exception);
        context.ErrorCode = refusal.Code;
        context.Refusal = refusal;
        if (context.Response.HasStarted)
        {
            // A short body is noticed by every client; a wrong byte by none.
            context.Http.Abort();
            return;
        }

        try
        {
            await WriteAsync(context, refusal);
        }
        catch (Exception broken) when (broken is IOException or OperationCanceledException or InvalidOperationException)
        {
            context.Http.Abort();
        }
    }

    static OssException Translate(OssContext context, Exception exception)
    {
        switch (exception)
        {
            case OssException refusal:
                return refusal;
            case BadHttpRequestException bad:
                return bad.StatusCode switch
                {
                    StatusCodes.Status408RequestTimeout => new(OssErrors.RequestTimeout),
                    StatusCodes.Status413PayloadTooLarge => new(OssErrors.EntityTooLarge),
                    _ => new(OssErrors.IncompleteBody),
                };
            case StorageFullException:
                Log.StorageFull(context.Services.Log, context.RequestId, exception);
                return new(OssErrors.InsufficientStorage);
            case BlobDamagedException:
                Log.BlobDamaged(context.Services.Log, context.RequestId, exception);
                return new(OssErrors.InternalError, "The stored data is damaged; a damaged block is never sent.");
            case MasterKeyMissingException:
                Log.MasterKeyMissing(context.Services.Log, context.RequestId, exception);
                return new(OssErrors.InternalError, "The data is encrypted under a master key that this server was not given.");
            default:
                Log.RequestFailed(context.Services.Log, context.RequestId, exception);
                return new(OssErrors.InternalError);
        }
    }

    static async Task WriteAsync(OssContext context, OssException refusal)
    {
        var response = context.Response;
        Reset(context);
        response.StatusCode = refusal.Status;
        foreach (var (name, value) in refusal.Headers)
        {
            response.Headers[name] = HeaderText.Safe(value);
        }

        CloseAfterLongBody(context);
        if (refusal.Status == StatusCodes.Status304NotModified)
        {
            return;
        }

        using var buffer = new PooledBuffer(1024);
        XmlDocuments.Write(buffer, Document(context, refusal));
        context.SetHeader("x-oss-ec", refusal.EC);
        response.ContentType = "application/xml";
        if (HttpMethods.IsHead(context.Http.Request.Method))
        {
            response.Headers["x-oss-err"] = Convert.ToBase64String(buffer.Written.Span);
            response.ContentLength = buffer.Written.Length;
            return;
        }

        response.ContentLength = buffer.Written.Length;
        await response.BodyWriter.WriteAsync(buffer.Written, context.Http.RequestAborted);
    }

    static ErrorDocument Document(OssContext context, OssException refusal) => new()
    {
        Code = refusal.Code,
        Message = refusal.Message,
        RequestId = context.RequestId,
        HostId = HostMap.WithoutPort(context.Http.Request.Headers.Host.ToString()),
        Details = refusal.Details,
        EC = refusal.EC,
    };

    // What a handler set for its success does not belong to the refusal.
    static void Reset(OssContext context)
    {
        var headers = context.Response.Headers;
        foreach (var name in headers.Keys.ToArray())
        {
            if (name is not ("Server" or "x-oss-request-id"))
            {
                headers.Remove(name);
            }
        }
    }

    static void CloseAfterLongBody(OssContext context)
    {
        var request = context.Http.Request;
        var isLong = request.ContentLength > MaxDrainedBody || (request.ContentLength is null && request.Headers.TransferEncoding.Count > 0);
        if (isLong)
        {
            context.Response.Headers.Connection = "close";
        }
    }
}
