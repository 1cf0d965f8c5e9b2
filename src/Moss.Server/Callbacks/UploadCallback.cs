using System.Globalization;
using System.IO.Pipelines;
using Moss.Protocol.Errors;
using Moss.Protocol.Names;
using Moss.Server.Pipeline;
using Moss.Storage.Metadata;

namespace Moss.Server.Callbacks;

/// <summary>
/// The callback of an upload: after the object is stored the application's server is called, and its answer becomes the answer to the client. When it does not answer
/// well, the client is told so with 203; the object stays.
/// </summary>
static class UploadCallback
{
    /// <summary>Calls, and answers the client.</summary>
    /// <param name="context">The upload; the headers of its success are set.</param>
    /// <param name="options">What it asked for.</param>
    /// <param name="stored">The object as it is stored.</param>
    /// <param name="operation">The operation's name, for the template.</param>
    /// <exception cref="OssException"><c>CallbackFailed</c> (203), with the headers of the success.</exception>
    public static async Task RunAsync(OssContext context, CallbackOptions options, ObjectRecord stored, string operation)
    {
        var image = options.Body.Contains("${imageInfo.", StringComparison.Ordinal) ? await ImageOfAsync(context, stored) : null;
        var body = CallbackTemplate.Fill(options.Body, options.IsJson, name => ValueOf(context, options, stored, operation, image, name));
        var message = new CallbackMessage(body, options.IsJson, context.Bucket.Value, Requester(context), context.RequestId, PublicKeyUrl(context));

        // The object is stored: the application hears of it even when the client has gone away.
        var reply = await context.Services.Callbacks.CallAsync(options, message, CancellationToken.None);
        if (reply.Failure is { } failure)
        {
            throw new OssException(OssErrors.CallbackFailed, failure, reply.EC)
            {
                Headers = [.. context.Response.Headers.Where(header => !header.Key.StartsWith("Content-L", StringComparison.OrdinalIgnoreCase) && header.Key != "Content-Type")
                    .Select(header => new KeyValuePair<string, string>(header.Key, header.Value.ToString()))],
            };
        }

        context.Response.StatusCode = 200;
        context.Response.ContentType = HeaderText.Safe(reply.ContentType);
        context.Response.ContentLength = reply.Body.Length;
        await context.Response.BodyWriter.WriteAsync(reply.Body, context.Http.RequestAborted);
    }

    static object? ValueOf(OssContext context, CallbackOptions options, ObjectRecord stored, string operation, ImageInfo? image, string name) => name switch
    {
        "bucket" => context.Bucket.Value,
        "object" => stored.Key.Value,
        "etag" => stored.ETag.Value,
        "size" => stored.Size,
        "mimeType" => stored.Attributes.ContentType ?? "application/octet-stream",
        "crc64" => stored.Crc64.ToString(CultureInfo.InvariantCulture),
        "contentMd5" => operation == "CompleteMultipartUpload" || stored.Md5 is null ? null : Convert.ToBase64String(stored.Md5),
        "imageInfo.format" => image?.Format,
        "imageInfo.height" => image is { Height: var height } ? (long)height : null,
        "imageInfo.width" => image is { Width: var width } ? (long)width : null,
        "clientIp" => ClientIp(context),
        "reqId" => context.RequestId,
        "operation" => operation,
        _ => options.Variables.GetValueOrDefault(name),
    };

    static async ValueTask<ImageInfo?> ImageOfAsync(OssContext context, ObjectRecord stored)
    {
        try
        {
            var version = stored.VersionId.IsNull ? (VersionId?)null : stored.VersionId;
            await using var content = await context.Storage.Objects.OpenAsync(
                context.Bucket, stored.Key, version, Storage.Objects.ReadConditions.None, CancellationToken.None);
            var length = (int)Math.Min(content.Record.Size, ImageInfo.NeededBytes);
            var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
            await content.CopyToAsync(pipe.Writer, 0, length, CancellationToken.None);
            await pipe.Writer.CompleteAsync();
            var result = await pipe.Reader.ReadAtLeastAsync(length, CancellationToken.None);
            var head = new byte[result.Buffer.Length];
            System.Buffers.BuffersExtensions.CopyTo(result.Buffer, head);
            await pipe.Reader.CompleteAsync();
            return ImageInfo.Read(head);
        }
        catch (OssException)
        {
            return null; // It was replaced or deleted meanwhile.
        }
    }

    static string Requester(OssContext context)
    {
        var identity = context.Caller.Identity;
        return identity.UserUid.Length > 0 ? identity.UserUid : identity.AccountUid;
    }

    static string ClientIp(OssContext context)
    {
        var address = context.Http.Connection.RemoteIpAddress;
        return (address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address)?.ToString() ?? "";
    }

    // The configured one, or this server as the client reached it, without the bucket in front.
    static string PublicKeyUrl(OssContext context)
    {
        var options = context.Services.Options;
        if (options.CallbackKeyUrl is { } url)
        {
            return url;
        }

        var host = context.Request.Addressing switch
        {
            Addressing.VirtualHost => context.Request.HostAndPort[(context.Bucket.Value.Length + 1)..],
            Addressing.Cname => options.Listen.ToString(),
            _ => context.Request.HostAndPort,
        };
        return $"{context.Http.Request.Scheme}://{options.ExtranetEndpoint ?? host}{CallbackSigner.PublicKeyPath}";
    }
}
