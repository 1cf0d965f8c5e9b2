using Microsoft.AspNetCore.Http;
using Moss.Protocol.Errors;
using Moss.Protocol.Limits;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Server.BucketRules;
using Moss.Server.Callbacks;
using Moss.Server.Operations.Headers;
using Moss.Server.Pipeline;
using Moss.Storage.Metadata;
using Moss.Storage.Objects;

namespace Moss.Server.PostObject;

/// <summary>
/// PostObject: the upload of a browser's form. The form carries its own signature; those of header and URL count for nothing. The file is its last field
/// and streams into the storage as it comes. A condition of the policy sees the fields as they were sent.
/// </summary>
static class PostObjectOperation
{
    // Fields that are headers of the object. They take the place of the request's own headers, which are the form's and not the object's.
    static readonly string[] HeaderFields = ["Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires"];

    static readonly string[] OssFields =
    [
        "x-oss-object-acl", "x-oss-storage-class", "x-oss-forbid-overwrite", "x-oss-server-side-encryption", "x-oss-server-side-encryption-key-id",
        "x-oss-server-side-data-encryption", "x-oss-tagging", "x-oss-traffic-limit", "x-oss-persistent-headers", "x-oss-request-payer", "x-oss-hash-crc64ecma",
    ];

    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var http = context.Http.Request;
        var boundary = FormReader.BoundaryOf(context.Header("Content-Type"));
        RequestBody.RequireLength(http);
        if (http.ContentLength > OssLimits.MaxPutObjectSize + FormLimits.MaxBeforeFile)
        {
            throw new OssException(OssErrors.InvalidArgument, "Post body size must be less than 5G.");
        }

        await context.Storage.Buckets.FindAsync(context.Bucket, ct); // Nothing is kept for a bucket that is not there.
        var upload = await PrepareAsync(context, boundary, ct);
        await StoreAsync(context, upload, ct);
    }

    // The fields are let go before the file comes, which may take hours; what is left of them is in the headers, and here.
    sealed record Upload(ObjectKey Key, FilePart File, CallbackOptions? Callback, string? Redirect, string? Status);

    static async Task<Upload> PrepareAsync(OssContext context, string boundary, CancellationToken ct)
    {
        // Its signature is in the form itself: before that is read, the client's address is all there is.
        using var memory = new HeldMemory(context.Services.Forms, FairShare.HolderOf(context.Http.Connection.RemoteIpAddress));
        var (form, file) = await ReadAsync(context, new(context.Http.Request.BodyReader, boundary, memory), ct);
        var template = form.Given("key") ?? throw OssErrors.Argument("key", "", "Bucket POST must contain a field named 'key'. If it is specified, please check the order of the fields.");
        context.Caller = await PostSignature.CheckAsync(context, form, ct);
        ApplyPolicy(context, form, file);
        var key = ObjectKey.Parse(template.Replace("${filename}", form.FileName, StringComparison.Ordinal));
        TakeHeaders(context, form);
        await context.Services.Authorizer.AuthorizeObjectAsync(context, Access.Write, context.Operation.Permission, context.Bucket, key, version: null, ct);
        await PublicAccess.CheckAclAsync(context, ct);
        await OverwriteProtection.ApplyAsync(context, key, ct);
        var callback = await context.Services.Callbacks.CheckAsync(
            CallbackOptions.OfForm(
                form.Given("callback"),
                form.Names.Where(name => name.StartsWith("x:", StringComparison.OrdinalIgnoreCase)).Select(name => KeyValuePair.Create(name, form[name]!))),
            ct);
        return new(key, file, callback, form.Given("success_action_redirect"), form["success_action_status"]);
    }

    // A connection may be as slow as the server's least rate allows, which is hours for a long policy: until somebody is known to have a right, that is too long.
    static async ValueTask<(PostForm Form, FilePart File)> ReadAsync(OssContext context, FormReader reader, CancellationToken ct)
    {
        using var patience = new CancellationTokenSource(FormLimits.MaxTimeBeforeFile, context.Services.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        try
        {
            return await reader.ReadAsync(both.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw new OssException(OssErrors.RequestTimeout) { Headers = [new("Connection", "close")] };
        }
    }

    static void ApplyPolicy(OssContext context, PostForm form, FilePart file)
    {
        // Without a policy nobody signed.
        if (context.Caller.IsAnonymous)
        {
            return;
        }

        var policy = PostPolicy.Parse(form.Given("policy")!);
        policy.Check(form, context.Bucket.Value, context.Services.Time.GetUtcNow());
        file.Range = (policy.MinLength, policy.MaxLength);
    }

    static async Task StoreAsync(OssContext context, Upload upload, CancellationToken ct)
    {
        var headers = ObjectHeaders.Read(context);
        using var body = new RequestBody(context, upload.File, TrafficPace.Requested(context));
        var view = await context.Storage.Objects.PutAsync(
            context.Bucket,
            upload.Key,
            new PutObjectRequest
            {
                Body = RequestBody.Expectation(context) with { Length = null },
                Attributes = headers.Attributes,
                Acl = headers.Acl,
                StorageClass = headers.StorageClass,
                ForbidOverwrite = headers.ForbidOverwrite,
            },
            body,
            ct);
        var stored = view.Record;
        ObjectResponse.Stored(context, stored.ETag, stored.Crc64, stored.Md5);
        VersionParameter.Echo(context, view);
        EncryptionHeaders.Echo(context, stored.Attributes);
        await (upload.Callback is not { } callback ? AnswerAsync(context, upload, stored, ct) : UploadCallback.RunAsync(context, callback, UploadedObject.Of(stored), "PostObject"));
    }

    static async Task AnswerAsync(OssContext context, Upload upload, ObjectRecord stored, CancellationToken ct)
    {
        if (upload.Redirect is { } target && Uri.TryCreate(target, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https")
        {
            context.SetHeader("Location", HeaderText.Safe(target));
            await context.Empty(StatusCodes.Status303SeeOther);
            return;
        }

        switch (upload.Status)
        {
            case "200":
                await context.Empty();
                break;
            case "201":
                await CreatedAsync(context, stored, ct);
                break;
            default:
                await context.Empty(StatusCodes.Status204NoContent);
                break;
        }
    }

    static async Task CreatedAsync(OssContext context, ObjectRecord stored, CancellationToken ct)
    {
        var key = UrlEncoding.Encode(stored.Key.Value);
        var root = $"{context.Http.Request.Scheme}://{context.Request.HostAndPort}";
        var location = context.Request.Addressing == Addressing.Path ? $"{root}/{context.Bucket.Value}/{key}" : $"{root}/{key}";
        using var buffer = new PooledBuffer();
        var writer = new XmlDocumentWriter(buffer);
        writer.Start("PostResponse");
        writer.Element("Bucket", context.Bucket.Value);
        writer.Element("ETag", stored.ETag.Quoted);
        writer.Element("Key", stored.Key.Value);
        writer.Element("Location", location);
        writer.End();
        context.Response.StatusCode = StatusCodes.Status201Created;
        await context.XmlAsync(buffer.Written, ct);
    }

    // From here on the fields of the form are the headers of the request: every rule of headers holds for them, and policies see them.
    static void TakeHeaders(OssContext context, PostForm form)
    {
        var headers = context.Http.Request.Headers;
        var length = context.Http.Request.ContentLength;
        foreach (var name in headers.Keys.Where(name => name.StartsWith("x-oss-", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            headers.Remove(name);
        }

        foreach (var name in HeaderFields)
        {
            headers.Remove(name);
            Set(headers, name, form.Header(name));
        }

        headers.Remove("Content-MD5");
        Set(headers, "Content-MD5", form.Header("Content-MD5"));
        headers.ContentType = form.Header("x-oss-content-type") ?? form.Header("Content-Type") ?? form.FileType;
        foreach (var name in form.Names.Where(IsHeaderField))
        {
            Set(headers, name, form.Header(name));
        }

        context.Http.Request.ContentLength = length;
    }

    // No other field may pass for a header: a copy's source, for one, would be somebody else's object.
    static bool IsHeaderField(string name) =>
        OssFields.Contains(name, StringComparer.OrdinalIgnoreCase) || name.StartsWith("x-oss-meta-", StringComparison.OrdinalIgnoreCase);

    static void Set(IHeaderDictionary headers, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            headers[name] = value;
        }
    }
}
