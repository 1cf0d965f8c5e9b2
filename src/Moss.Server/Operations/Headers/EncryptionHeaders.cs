using Moss.Protocol.Errors;
using Moss.Server.Pipeline;
using Moss.Storage.Metadata;

namespace Moss.Server.Operations.Headers;

/// <summary>
/// What a write asks of server-side encryption. It is checked, recorded and echoed; KMS is refused, because there is no key service.
/// </summary>
readonly record struct EncryptionHeaders(string? Algorithm, string? KeyId, string? DataAlgorithm)
{
    const string AlgorithmHeader = "x-oss-server-side-encryption";
    const string KeyIdHeader = "x-oss-server-side-encryption-key-id";
    const string DataHeader = "x-oss-server-side-data-encryption";

    public static EncryptionHeaders Read(OssContext context)
    {
        var algorithm = context.GivenHeader(AlgorithmHeader);
        var keyId = context.GivenHeader(KeyIdHeader);
        var data = context.GivenHeader(DataHeader);
        if (algorithm is not (null or "AES256" or "SM4" or "KMS"))
        {
            throw new OssException(OssErrors.InvalidEncryptionAlgorithmError);
        }

        if (data is not null && (data != "SM4" || algorithm != "KMS"))
        {
            throw new OssException(OssErrors.InvalidDataEncryptionAlgorithmError);
        }

        if (keyId is not null && algorithm != "KMS")
        {
            throw OssErrors.Argument(KeyIdHeader, keyId, "A key id needs x-oss-server-side-encryption: KMS.");
        }

        return algorithm == "KMS" ? throw new OssException(OssErrors.KmsServiceNotEnabled) : new(algorithm, keyId, data);
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
