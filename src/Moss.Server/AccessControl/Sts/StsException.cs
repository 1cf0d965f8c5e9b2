namespace Moss.Server.AccessControl.Sts;

/// <summary>A refusal of the token service, in its own words: they are none of OSS's.</summary>
sealed class StsException(string code, int status, string message) : Exception(message)
{
    public string Code => code;

    public int Status => status;

    public static StsException Missing(string parameter) =>
        new("MissingParameter", 400, $"The input parameter {parameter} that is mandatory for processing this request is not supplied.");

    public static StsException Invalid(string parameter, string message) => new($"InvalidParameter.{parameter}", 400, message);

    public static StsException UnknownKey() => new("InvalidAccessKeyId.NotFound", 404, "Specified access key is not found.");

    public static StsException DisabledKey() => new("InvalidAccessKeyId.Inactive", 400, "Specified access key is disabled.");

    public static StsException Mismatch(string stringToSign) =>
        new("SignatureDoesNotMatch", 400, $"Specified signature is not matched with our calculation. server string to sign is:{stringToSign}");

    public static StsException Expired() => new("InvalidTimeStamp.Expired", 400, "Specified time stamp or date value is expired.");

    public static StsException BadTime() => new("InvalidTimeStamp.Format", 400, "Specified time stamp or date value is not well formatted.");

    public static StsException Replayed() => new("SignatureNonceUsed", 400, "Specified signature nonce was used already.");

    public static StsException NoPermission(string message) => new("NoPermission", 403, message);
}
