using Moss.Protocol.Errors;
using Moss.Server.Pipeline;
using Moss.Storage.Metadata;

namespace Moss.Server.Operations.Headers;

/// <summary>
/// What a write asks of server-side encryption: AES256, which is done. KMS is refused, because there is no key service, and SM4, because no library here has it.
/// </summary>
readonly record struct EncryptionHeaders(string? Algorithm, string? KeyId, string? DataAlgorithm)
{
    public const string Aes = "AES256", Kms = "KMS", Sm4 = "SM4";

    const string AlgorithmHeader = "x-oss-server-side-encryption";
    const string KeyIdHeader = "x-oss-server-side-encryption-key-id";
    const string DataHeader = "x-oss-server-side-data-encryption";

    public static EncryptionHeaders Read(OssContext context)
    {
        var algorithm = context.GivenHeader(AlgorithmHeader);
        var keyId = context.GivenHeader(KeyIdHeader);
        var data = context.GivenHeader(DataHeader);
        if (algorithm is not (null or Aes or Sm4 or Kms))
        {
            throw new OssException(OssErrors.InvalidEncryptionAlgorithmError);
        }

        if (data is not null && (data != Sm4 || algorithm != Kms))
        {
            throw new OssException(OssErrors.InvalidDataEncryptionAlgorithmError);
        }

        if (keyId is not null && algorithm != Kms)
        {
            throw OssErrors.Argument(KeyIdHeader, keyId, "A key id needs x-oss-server-side-encryption: KMS.");
        }

        if (algorithm is not null)
        {
            RequireServed(algorithm);
        }

        return new(algorithm, keyId, data);
    }

    /// <summary>Refuses the algorithms of the documentation that are not served, and what is none.</summary>
    public static void RequireServed(string algorithm)
    {
        if (algorithm != Aes)
        {
            throw algorithm switch
            {
                Kms => new OssException(OssErrors.KmsServiceNotEnabled),
                Sm4 => new OssException(OssErrors.NotImplemented, "SM4 encryption is not implemented by this server; AES256 is."),
                _ => new OssException(OssErrors.InvalidEncryptionAlgorithmError),
            };
        }
    }

    /// <summary>UploadPart takes its encryption from Initiate alone.</summary>
    public static void Refuse(OssContext context)
    {
        if (context.GivenHeader(AlgorithmHeader) is { } text)
        {
            throw OssErrors.Argument(AlgorithmHeader, text, "x-oss-server-side-encryption is not allowed here.");
        }
    }

    /// <summary>Tells a client what was recorded.</summary>
    public static void Echo(OssContext context, ObjectAttributes? attributes)
    {
        context.SetHeader(AlgorithmHeader, attributes?.ServerSideEncryption);
        context.SetHeader(KeyIdHeader, attributes?.ServerSideEncryptionKeyId);
        context.SetHeader(DataHeader, attributes?.ServerSideDataEncryption);
    }
}
