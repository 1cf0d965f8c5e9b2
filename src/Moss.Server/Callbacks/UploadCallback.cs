using System.Globalization;
using System.IO.Pipelines;
using Moss.Protocol.Errors;
using Moss.Protocol.Names;
using Moss.Server.Observability;
using Moss.Server.Pipeline;
using Moss.Storage.Metadata;

namespace Moss.Server.Callbacks;

/// <summary>What a callback tells of an upload.</summary>
/// <param name="Key">Its key.</param>
/// <param name="VersionId">The version it became.</param>
/// <param name="ETag">Its entity tag.</param>
/// <param name="Crc64">Its checksum.</param>
/// <param name="Md5">Its digest, for objects that were uploaded at once.</param>
/// <param name="Size">Bytes; null when it was replaced or deleted before anybody looked.</param>
/// <param name="ContentType">As it was given; null when it was not.</param>
sealed record UploadedObject(ObjectKey Key, VersionId VersionId, ETag ETag, ulong Crc64, byte[]? Md5, long? Size, string? ContentType)
{
    public static UploadedObject Of(ObjectRecord stored) =>
        new(stored.Key, stored.VersionId, stored.ETag, stored.Crc64, stored.Md5, stored.Size, stored.Attributes.ContentType);
}

/// <summary>
/// The callback of an upload: after the object is stored the application's server is called, and its answer becomes the answer to the client. When it does not answer
/// well, the client is told so with 203; the object stays. Whatever the upload is made of, nothing between the two keeps the application from being called.
/// </summary>
static class UploadCallback
{
    /// <summary>Calls, and answers the client.</summary>
    /// <param name="context">The upload; the headers of its success are set.</param>
    /// <param name="options">What it asked for.</param>
    /// <param name="stored">The object as it is stored.</param>
    /// <param name="operation">The operation's name, for the template.</param>
    /// <exception cref="OssException"><c>CallbackFailed</c> (203), with the headers of the success.</exception>
    public static async Task RunAsync(OssContext context, CallbackOptions options, UploadedObject stored, string operation)
    {
        var image = options.Body.Contains("${imageInfo.", StringComparison.Ordinal) ? await ImageOfAsync(context, stored) : null;
        var body = CallbackTemplate.Fill(options.Body, options.IsJson, name => ValueOf(context, options, stored, operation, image, name));
        var requester = Requester(context);
        var message = new CallbackMessage(
            body,
            options.IsJson,
            context.Bucket.Value,
            requester,
            context.RequestId,
            context.Services.Callbacks.PublicKeyUrl(context.Http),
            requester.Length > 0 ? requester : FairShare.HolderOf(context.Http.Connection.RemoteIpAddress));

        // The object is stored: the application hears of it even when the client has gone away.
        using var memory = new HeldMemory(context.Services.Callbacks.Answers, message.Holder);
        var reply = await context.Services.Callbacks.CallAsync(options, message, memory, CancellationToken.None);
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

    static object? ValueOf(OssContext context, CallbackOptions options, UploadedObject stored, string operation, ImageInfo? image, string name) => name switch
    {
        "bucket" => context.Bucket.Value,
        "object" => stored.Key.Value,
        "etag" => stored.ETag.Value,
        "size" => stored.Size,
        "mimeType" => stored.ContentType ?? "application/octet-stream",
        "crc64" => stored.Crc64.ToString(CultureInfo.InvariantCulture),
        "contentMd5" => stored.Md5 is null ? null : Convert.ToBase64String(stored.Md5),
        "imageInfo.format" => image?.Format,
        "imageInfo.height" => image?.Height,
        "imageInfo.width" => image?.Width,
        "clientIp" => ClientIp(context),
        "reqId" => context.RequestId,
        "operation" => operation,
        _ => options.Variables.GetValueOrDefault(name),
    };

    // What is no image, and what cannot be looked at any more, has an empty format and size (https://help.aliyun.com/en/oss/user-guide/0007-00000301).
    static async ValueTask<ImageInfo?> ImageOfAsync(OssContext context, UploadedObject stored)
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
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            Log.CallbackFailed(context.Services.Log, context.RequestId, exception);
            return null;
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
}
