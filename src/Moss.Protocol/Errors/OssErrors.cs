namespace Moss.Protocol.Errors;

/// <summary>
/// The one error table: code, status and message side by side, sorted by status and code as the documentation sorts them.
/// Source: the "common error codes" page of the API reference, the pages of the operations, and recorded answers.
/// </summary>
public static class OssErrors
{
    // 203, 304
    public static readonly OssError CallbackFailed = new("CallbackFailed", 203, "Error status : 502.", "0007-00000203");
    public static readonly OssError NotModified = new("NotModified", 304, "Not Modified");

    // 400
    public static readonly OssError BadRequest = new("BadRequest", 400, "Insufficient information.");
    public static readonly OssError CORSRuleBeyondLimit = new("CORSRuleBeyondLimit", 400, "The CORS Rules num is beyond limit.", "0034-00000006");
    public static readonly OssError EntityTooLarge = new("EntityTooLarge", 400, "Your proposed upload exceeds the maximum allowed size.");
    public static readonly OssError EntityTooSmall = new("EntityTooSmall", 400, "Your proposed upload smaller than the minimum allowed size.");
    public static readonly OssError FieldItemTooLong = new("FieldItemTooLong", 400, "Your field item is too long.");
    public static readonly OssError IncompleteBody = new("IncompleteBody", 400, "You did not provide the number of bytes specified by the Content-Length HTTP header.");
    public static readonly OssError IncorrectNumberOfFilesInPOSTRequest = new("IncorrectNumberOfFilesInPOSTRequest", 400, "POST requires exactly one file upload per request.");
    public static readonly OssError InvalidArgument = new("InvalidArgument", 400, "Invalid Argument.");
    public static readonly OssError InvalidBucketName = new("InvalidBucketName", 400, "The specified bucket is not valid.", "0015-00000001");
    public static readonly OssError InvalidCRC64 = new("InvalidCRC64", 400, "The x-oss-hash-crc64ecma you specified does not match what we calculated.");
    public static readonly OssError InvalidDataEncryptionAlgorithmError = new("InvalidDataEncryptionAlgorithmError", 400, "The Data Encryption request you specified is not valid. Supported value: SM4.");
    public static readonly OssError InvalidDigest = new("InvalidDigest", 400, "The Content-MD5 you specified was invalid.");
    public static readonly OssError InvalidEncryptionAlgorithmError = new("InvalidEncryptionAlgorithmError", 400, "The Encryption request you specified is not valid. Supported value: AES256/SM4/KMS.");
    public static readonly OssError InvalidEncryptionRequest = new("InvalidEncryptionRequest", 400, "The Encryption request you specified is not valid.");
    public static readonly OssError InvalidLocationConstraint = new("InvalidLocationConstraint", 400, "The specified location-constraint is not valid");
    public static readonly OssError InvalidObjectName = new("InvalidObjectName", 400, "The specified object is not valid.");
    public static readonly OssError InvalidPart = new("InvalidPart", 400, "One or more of the specified parts could not be found or the specified entity tag might not have matched the part's entity tag.");
    public static readonly OssError InvalidPartOrder = new("InvalidPartOrder", 400, "The list of parts was not in ascending order. Parts list must specified in order by part number.", "0042-00000209");
    public static readonly OssError InvalidPolicyDocument = new("InvalidPolicyDocument", 400, "Invalid Policy: Invalid JSON.");
    public static readonly OssError InvalidRequest = new("InvalidRequest", 400, "The request is not valid.");
    public static readonly OssError InvalidTag = new("InvalidTag", 400, "The TagKey/TagValue you have provided is invalid.");
    public static readonly OssError InvalidTargetBucketForLogging = new("InvalidTargetBucketForLogging", 400, "put bucket log requester is not target bucket owner.");
    public static readonly OssError InvalidTargetType = new("InvalidTargetType", 400, "The symbolic's target file type is invalid", "0026-00000011");
    public static readonly OssError InventoryExceedLimit = new("InventoryExceedLimit", 400, "The inventories of the bucket are beyond limit.");
    public static readonly OssError MalformedPOSTRequest = new("MalformedPOSTRequest", 400, "The body of your POST request is not well-formed multipart/form-data.");
    public static readonly OssError MalformedXML = new("MalformedXML", 400, "The XML you provided was not well-formed or did not validate against our published schema.", "0015-00000231");
    public static readonly OssError MaxPOSTPreDataLengthExceededError = new("MaxPOSTPreDataLengthExceededError", 400, "Your POST request fields preceding the upload file were too large.");
    public static readonly OssError MissingArgument = new("MissingArgument", 400, "Missing Some Required Arguments.");
    public static readonly OssError NotImplemented = new("NotImplemented", 400, "A header you provided implies functionality that is not implemented.");
    public static readonly OssError NotSymlink = new("NotSymlink", 400, "The object is not symlink.");
    public static readonly OssError OperationNotSupported = new("OperationNotSupported", 400, "The operation is not supported for this resource");
    public static readonly OssError PartNotSequential = new("PartNotSequential", 400, "Part number must be sequential.");
    public static readonly OssError RepeatedTags = new("RepeatedTags", 400, "Tag keys must be unique.");
    public static readonly OssError RequestIsNotMultiPartContent = new("RequestIsNotMultiPartContent", 400, "Bucket POST must be of the enclosure-type multipart/form-data.");
    public static readonly OssError RequestTimeout = new("RequestTimeout", 400, "Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.");
    public static readonly OssError TooManyBuckets = new("TooManyBuckets", 400, "You have attempted to create more buckets than allowed.");
    public static readonly OssError TooManyTags = new("TooManyTags", 400, "The bucket tags num is beyond limit.");
    public static readonly OssError UserKeyMustBeSpecified = new("UserKeyMustBeSpecified", 400, "User key must be specified.");

    // 403
    public static readonly OssError AccessDenied = new("AccessDenied", 403, "AccessDenied");
    public static readonly OssError AccessForbidden = new("AccessForbidden", 403, "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Requet-Headers are not whitelisted by the resource's CORS spec.");
    public static readonly OssError AccessKeyIdAndSecurityTokenNotMatch = new("AccessKeyIdAndSecurityTokenNotMatch", 403, "The Access Key Id and the security token you provided do not match.");
    public static readonly OssError InvalidAccessKeyId = new("InvalidAccessKeyId", 403, "The OSS Access Key Id you provided does not exist in our records.", "0002-00000902");
    public static readonly OssError InvalidObjectState = new("InvalidObjectState", 403, "The operation is not valid for the object's state.");
    public static readonly OssError InvalidSecurityToken = new("InvalidSecurityToken", 403, "The security token you provided is invalid.");
    public static readonly OssError KmsServiceNotEnabled = new("KmsServiceNotEnabled", 403, "This user does not turn on KMS service.");
    public static readonly OssError NeedVerifyDomainOwnership = new("NeedVerifyDomainOwnership", 403, "You must verify that the domain name is yours before you can bind it.", "0018-00000115");
    public static readonly OssError RequestTimeTooSkewed = new("RequestTimeTooSkewed", 403, "The difference between the request time and the current time is too large.", "0002-00000504");
    public static readonly OssError SecondLevelDomainForbidden = new("SecondLevelDomainForbidden", 403, "Please use virtual hosted style to access.");
    public static readonly OssError SecurityTokenExpired = new("SecurityTokenExpired", 403, "The security token you provided has expired.", "0002-00000007");
    public static readonly OssError SecurityTokenNotSupported = new("SecurityTokenNotSupported", 403, "This interface does not support security token.");
    public static readonly OssError SignatureDoesNotMatch = new("SignatureDoesNotMatch", 403, "The request signature we calculated does not match the signature you provided. Check your key and signing method.", "0002-00000040");
    public static readonly OssError UserDisable = new("UserDisable", 403, "UserDisable", "0003-00000801");
    // The page of the status 403 has it (https://www.alibabacloud.com/help/en/oss/support/http-403-status-code).
    public static readonly OssError WORMConfigurationLocked = new("WORMConfigurationLocked", 403, "The WORM Configuration is locked.");

    // 404
    public static readonly OssError NoSuchBucket = new("NoSuchBucket", 404, "The specified bucket does not exist.", "0015-00000101");
    // The code of this and of the two other new kinds of configuration is not documented; 404 is.
    public static readonly OssError NoSuchBucketOverwriteConfig = new("NoSuchBucketOverwriteConfig", 404, "The bucket you specified does not have an overwrite configuration.");
    public static readonly OssError NoSuchBucketPolicy = new("NoSuchBucketPolicy", 404, "The specified bucket policy does not exist.");
    public static readonly OssError NoSuchCnameToken = new("NoSuchCnameToken", 404, "The domain name has no token, or it has expired.");
    public static readonly OssError NoSuchCORSConfiguration = new("NoSuchCORSConfiguration", 404, "The CORS Configuration does not exist.");
    public static readonly OssError NoSuchInventory = new("NoSuchInventory", 404, "No Row found in Inventory Table.");
    public static readonly OssError NoSuchKey = new("NoSuchKey", 404, "The specified key does not exist.", "0026-00000001");
    public static readonly OssError NoSuchLifecycle = new("NoSuchLifecycle", 404, "No Row found in Lifecycle Table.");
    public static readonly OssError NoSuchReplicationConfiguration = new("NoSuchReplicationConfiguration", 404, "The bucket you specified does not have a replication configuration.");
    public static readonly OssError NoSuchResponseHeaderConfiguration = new("NoSuchResponseHeaderConfiguration", 404, "The bucket you specified does not have a response header configuration.");
    public static readonly OssError NoSuchServerSideEncryptionRule = new("NoSuchServerSideEncryptionRule", 404, "The server side encryption configuration was not found.");
    public static readonly OssError NoSuchTransferAccelerationConfiguration = new("NoSuchTransferAccelerationConfiguration", 404, "The bucket you specified does not have a transfer acceleration configuration.");
    public static readonly OssError NoSuchUpload = new("NoSuchUpload", 404, "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.", "0042-00000104");
    public static readonly OssError NoSuchUserDefinedLogFieldsConfig = new("NoSuchUserDefinedLogFieldsConfig", 404, "The specified bucket does not have user defined log fields.");
    public static readonly OssError NoSuchVersion = new("NoSuchVersion", 404, "The specified version does not exist.");
    public static readonly OssError NoSuchWebsiteConfiguration = new("NoSuchWebsiteConfiguration", 404, "The specified bucket does not have a website configuration.");
    public static readonly OssError NoSuchWORMConfiguration = new("NoSuchWORMConfiguration", 404, "The WORM Configuration does not exist.");
    public static readonly OssError SymlinkTargetNotExist = new("SymlinkTargetNotExist", 404, "The symlink target object does not exist.");

    // 405 to 416
    public static readonly OssError MethodNotAllowed = new("MethodNotAllowed", 405, "The specified method is not allowed against this resource.", "0003-00000016");
    public static readonly OssError AppendSealedObjectNotAllowed = new("AppendSealedObjectNotAllowed", 409, "The object is sealed, append is not allowed.");
    public static readonly OssError ArchiveRestoreFileStale = new("ArchiveRestoreFileStale", 409, "The archive file's restore is stale.");
    public static readonly OssError ArchiveRestoreNotFinished = new("ArchiveRestoreNotFinished", 409, "The archive file's restore is not finished.", "0016-00000719");
    public static readonly OssError BucketAlreadyExists = new("BucketAlreadyExists", 409, "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.", "0015-00000104");
    public static readonly OssError BucketNotEmpty = new("BucketNotEmpty", 409, "The bucket has objects. Please delete them first.", "0015-00000301");
    public static readonly OssError FileAlreadyExists = new("FileAlreadyExists", 409, "The object you specified already exists and can not be overwritten.", "0026-00000002");
    public static readonly OssError FileImmutable = new("FileImmutable", 409, "The object you specified is immutable.");
    public static readonly OssError InventoryAlreadyExist = new("InventoryAlreadyExist", 409, "The inventory already exists with another content.");
    public static readonly OssError ObjectNotAppendable = new("ObjectNotAppendable", 409, "The object is not appendable");
    public static readonly OssError PositionNotEqualToLength = new("PositionNotEqualToLength", 409, "Position is not equal to file length", "0026-00000016");
    public static readonly OssError RestoreAlreadyInProgress = new("RestoreAlreadyInProgress", 409, "The restore operation is in progress.", "0016-00000701");
    public static readonly OssError WORMConfigurationAlreadyExists = new("WORMConfigurationAlreadyExists", 409, "The WORM Configuration already exists.");
    public static readonly OssError MissingContentLength = new("MissingContentLength", 411, "You must provide the Content-Length HTTP header.");
    public static readonly OssError PreconditionFailed = new("PreconditionFailed", 412, "At least one of the pre-conditions you specified did not hold.");
    public static readonly OssError InvalidRange = new("InvalidRange", 416, "The requested range cannot be satisfied");

    // 5xx
    public static readonly OssError InternalError = new("InternalError", 500, "Please contact the server administrator, oss@service.aliyun.com.");
    public static readonly OssError ServiceUnavailable = new("ServiceUnavailable", 503, "Please reduce your request rate.");
    public static readonly OssError InsufficientStorage = new("InsufficientStorage", 507, "The storage is full; nothing was stored. Free space on the server and try again.");

    /// <summary>A refused argument with its name and value, as <c>InvalidArgument</c> answers carry them.</summary>
    public static OssException Argument(string name, string value, string message, string? ec = null) =>
        new(InvalidArgument, message, ec, [new("ArgumentName", name), new("ArgumentValue", value)]);

    /// <summary>The bucket that is not there, by name.</summary>
    public static OssException BucketMissing(string bucket) =>
        new(NoSuchBucket, details: [new("BucketName", bucket)]);

    /// <summary>The key that is not there.</summary>
    public static OssException KeyMissing(string key) =>
        new(NoSuchKey, details: [new("Key", key)]);

    /// <summary>The upload that is not there (never was, aborted or completed).</summary>
    public static OssException UploadMissing(string uploadId, string? ec = null) =>
        new(NoSuchUpload, ec: ec, details: [new("UploadId", uploadId)]);

    /// <summary>XML that could not be read, with what was wrong in it.</summary>
    public static OssException Xml(string detail, string? ec = null) =>
        new(MalformedXML, ec: ec, details: [new("ErrorDetail", detail)]);
}
