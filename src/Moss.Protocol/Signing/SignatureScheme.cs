namespace Moss.Protocol.Signing;

/// <summary>How a request says who sent it.</summary>
public enum SignatureScheme
{
    /// <summary>Nothing in the request names an access key.</summary>
    Anonymous,

    /// <summary><c>Authorization: OSS AK:signature</c> (HMAC-SHA1).</summary>
    V1Header,

    /// <summary><c>OSSAccessKeyId</c>, <c>Expires</c> and <c>Signature</c> in the query.</summary>
    V1Url,

    /// <summary><c>Authorization: OSS2 AccessKeyId:AK,...</c> (HMAC-SHA256 over every query parameter).</summary>
    V2Header,

    /// <summary><c>x-oss-signature-version=OSS2</c> in the query.</summary>
    V2Url,

    /// <summary><c>Authorization: OSS4-HMAC-SHA256 Credential=...</c> (a derived key for a day and a region).</summary>
    V4Header,

    /// <summary><c>x-oss-signature-version=OSS4-HMAC-SHA256</c> in the query.</summary>
    V4Url,
}

/// <summary>The signature a client makes.</summary>
public enum SignatureVersion
{
    /// <summary>HMAC-SHA1 over the sub-resources; what every first-generation SDK sends.</summary>
    V1,

    /// <summary>HMAC-SHA256 over every parameter; sent by two first-generation SDKs on demand.</summary>
    V2,

    /// <summary>HMAC-SHA256 with a key derived for a day, a region and a product; the default.</summary>
    V4,
}
