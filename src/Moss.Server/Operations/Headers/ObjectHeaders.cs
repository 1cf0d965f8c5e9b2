using Moss.Protocol.Errors;
using Moss.Protocol.Limits;
using Moss.Protocol.Names;
using Moss.Server.Pipeline;
using Moss.Storage.Metadata;

namespace Moss.Server.Operations.Headers;

/// <summary>What the headers of a write say of the object it makes (PutObject, AppendObject, InitiateMultipartUpload, CopyObject, PutSymlink).</summary>
sealed record ObjectHeaders(ObjectAttributes Attributes, Acl Acl, StorageClass? StorageClass, bool ForbidOverwrite)
{
    const string MetaPrefix = "x-oss-meta-";

    /// <summary>Reads and checks all of them, before the body is read.</summary>
    /// <exception cref="OssException">The documented refusal of the first header that is not valid.</exception>
    public static ObjectHeaders Read(OssContext context)
    {
        var encryption = EncryptionHeaders.Read(context);
        var attributes = new ObjectAttributes
        {
            ContentType = Stored(context, "Content-Type"),
            CacheControl = Stored(context, "Cache-Control"),
            ContentDisposition = Stored(context, "Content-Disposition"),
            ContentEncoding = Stored(context, "Content-Encoding"),
            ContentLanguage = Stored(context, "Content-Language"),
            Expires = Stored(context, "Expires"),
            UserMetadata = UserMetadata(context),
            Tags = context.GivenHeader("x-oss-tagging") is { } tagging ? ObjectTags.ParseHeader(tagging) : [],
            PersistentHeaders = Headers.PersistentHeaders.Read(context),
            ServerSideEncryption = encryption.Algorithm,
            ServerSideEncryptionKeyId = encryption.KeyId,
            ServerSideDataEncryption = encryption.DataAlgorithm,
        };
        return new(
            attributes,
            AclOf(context) ?? Acl.Default,
            StorageClassOf(context),
            IsOverwriteForbidden(context));
    }

    /// <summary><c>x-oss-object-acl</c>; null when it is not there.</summary>
    public static Acl? AclOf(OssContext context)
    {
        const string name = "x-oss-object-acl";
        return context.Header(name) is not { } text ? null
            : WireWords.TryParseAcl(text, out var acl) ? acl
            : throw OssErrors.Argument(name, text, "no such object access control exists");
    }

    /// <summary><c>x-oss-forbid-overwrite</c>, which is <c>true</c> or <c>false</c>.</summary>
    public static bool IsOverwriteForbidden(OssContext context)
    {
        const string name = "x-oss-forbid-overwrite";
        return context.GivenHeader(name) switch
        {
            null => false,
            var text when text.Equals("true", StringComparison.OrdinalIgnoreCase) => true,
            var text when text.Equals("false", StringComparison.OrdinalIgnoreCase) => false,
            var text => throw OssErrors.Argument(
                name, text, "x-oss-forbid-overwrite must be true or false.", "0017-00000279"),
        };
    }

    /// <summary><c>x-oss-storage-class</c>; null when it is not there.</summary>
    public static StorageClass? StorageClassOf(OssContext context)
    {
        const string name = "x-oss-storage-class";
        return context.GivenHeader(name) is not { } text ? null
            : WireWords.TryParseStorageClass(text, out var storageClass) ? storageClass
            : throw OssErrors.Argument(name, text, "No such storage class exists.");
    }

    static KeyValuePair<string, string>[] UserMetadata(OssContext context)
    {
        var metadata = new List<KeyValuePair<string, string>>();
        var bytes = 0;
        foreach (var (name, values) in context.Http.Request.Headers)
        {
            if (name.Length > MetaPrefix.Length && name.StartsWith(MetaPrefix, StringComparison.OrdinalIgnoreCase))
            {
                var value = Checked(name, string.Join(',', values.AsEnumerable()).Trim());
                metadata.Add(new(name[MetaPrefix.Length..].ToLowerInvariant(), value));
                bytes += name.Length - MetaPrefix.Length + value.Length;
            }
        }

        return metadata.Count == 0 ? []
            : bytes <= OssLimits.MaxUserMetadataBytes ? [.. metadata]
            : throw new OssException(OssErrors.InvalidArgument, "Meta is too large.");
    }

    static string? Stored(OssContext context, string name) =>
        context.GivenHeader(name) is { } value ? Checked(name, value) : null;

    // A control character could not be sent back.
    static string Checked(string name, string value) =>
        HeaderText.IsSafe(value) ? value : throw OssErrors.Argument(name, HeaderText.Safe(value), "The header holds a control character.");
}
