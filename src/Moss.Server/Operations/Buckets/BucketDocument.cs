using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Moss.Protocol.Errors;
using Moss.Protocol.Limits;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Server.Pipeline;
using Moss.Storage;

namespace Moss.Server.Operations.Buckets;

/// <summary>
/// One kind of configuration document that a bucket can have: how it is put, got and deleted, and how the rest of the server reads it. What is stored is the
/// document written anew, so that getting it serves bytes and every stored document can be read.
/// </summary>
/// <param name="name">The name it is stored under: its sub-resource.</param>
sealed class BucketDocument<T>(string name)
    where T : class, IXmlDocument<T>
{
    // A document is read once for each array that the storage hands out, and forgotten with it. As an object: of a type parameter the trimmer would have to
    // know a constructor.
    readonly ConditionalWeakTable<byte[], object> _read = [];

    /// <summary>What getting one that was never put answers; null answers <see cref="Default"/>.</summary>
    public OssError? Missing { get; init; }

    /// <summary>What counts where none was put, unless that is an error.</summary>
    public T? Default { get; init; }

    /// <summary>The longest document, in bytes.</summary>
    public int MaxBytes { get; init; } = OssLimits.MaxDocumentBytes;

    /// <summary>Checks a document that is being put, and answers what is to be stored: the same, or completed. Refuses by throwing.</summary>
    public Func<OssContext, T, CancellationToken, ValueTask<T>>? Accept { get; init; }

    /// <summary>The handler of the Put call: 200, the whole document is replaced.</summary>
    public async Task PutAsync(OssContext context, CancellationToken ct)
    {
        await StoreAsync(context, await ReadAsync(context, ct), ct);
        await context.Empty();
    }

    /// <summary>The handler of the Get call.</summary>
    public async Task GetAsync(OssContext context, CancellationToken ct)
    {
        if (await context.Storage.Buckets.FindConfigurationAsync(context.Bucket, name, ct) is { } stored)
        {
            await context.XmlAsync(stored, ct);
            return;
        }

        await context.XmlAsync(Missing is { } error ? throw Absent(context, error) : Default!, ct);
    }

    /// <summary>The handler of the Delete call: 204, also when there is nothing to delete.</summary>
    public async Task DeleteAsync(OssContext context, CancellationToken ct)
    {
        await context.Storage.Buckets.PutConfigurationAsync(context.Bucket, name, document: null, ct);
        await context.Empty(StatusCodes.Status204NoContent);
    }

    /// <summary>The document of the request's body, checked.</summary>
    /// <exception cref="OssException"><c>MalformedXML</c>, or what <see cref="Accept"/> refuses with.</exception>
    public async ValueTask<T> ReadAsync(OssContext context, CancellationToken ct)
    {
        var body = await RequestBody.ReadDocumentAsync(context, MaxBytes, ct);
        var document = body.IsEmpty ? throw OssErrors.Xml("there is no body.") : XmlDocuments.Parse<T>(body);
        return Accept is null ? document : await Accept(context, document, ct);
    }

    /// <summary>Stores a document that was checked; null removes it.</summary>
    public ValueTask StoreAsync(OssContext context, T? document, CancellationToken ct) =>
        context.Storage.Buckets.PutConfigurationAsync(context.Bucket, name, document is null ? null : XmlDocuments.ToUtf8(document), ct);

    /// <summary>The document of the request's bucket; <see cref="Default"/> where none was put.</summary>
    /// <exception cref="OssException"><c>NoSuchBucket</c>.</exception>
    public ValueTask<T?> FindAsync(OssContext context, CancellationToken ct) => FindAsync(context.Storage, context.Bucket, ct);

    /// <summary>As <see cref="FindAsync(OssContext, CancellationToken)"/>; a bucket that is not there has none. What asks before the operation does leaves it to that to refuse.</summary>
    public async ValueTask<T?> TryFindAsync(OssContext context, CancellationToken ct)
    {
        try
        {
            return await FindAsync(context, ct);
        }
        catch (OssException missing) when (missing.Error == OssErrors.NoSuchBucket)
        {
            return Default;
        }
    }

    /// <inheritdoc cref="FindAsync(OssContext, CancellationToken)"/>
    public async ValueTask<T?> FindAsync(ObjectService storage, BucketName bucket, CancellationToken ct) =>
        await storage.Buckets.FindConfigurationAsync(bucket, name, ct) is { } stored
            ? (T)_read.GetValue(stored, static bytes => XmlDocuments.Parse<T>(bytes))
            : Default;

    static OssException Absent(OssContext context, OssError error) => new(error, details: [new("BucketName", context.Bucket.Value)]);
}
