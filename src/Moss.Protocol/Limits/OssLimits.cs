namespace Moss.Protocol.Limits;

/// <summary>Every limit of the protocol, each with its reason. Sizes are bytes.</summary>
public static class OssLimits
{
    /// <summary>The API's object key limit, counted in UTF-8 bytes.</summary>
    public const int MaxKeyBytes = 1023;

    public const int MinBucketNameLength = 3;
    public const int MaxBucketNameLength = 63;

    /// <summary>UploadPart: part numbers run from 1 to 10,000.</summary>
    public const int MinPartNumber = 1;
    public const int MaxPartNumber = 10_000;

    /// <summary>CompleteMultipartUpload: every part but the last is at least 100 KB.</summary>
    public const long MinPartSize = 100 * 1024;

    /// <summary>UploadPart, PutObject, AppendObject, PostObject: at most 5 GB a request body.</summary>
    public const long MaxPartSize = 5L * 1024 * 1024 * 1024;
    public const long MaxPutObjectSize = MaxPartSize;
    public const long MaxAppendObjectSize = MaxPartSize;

    /// <summary>What the real service copies in one CopyObject; Moss copies any size, for it moves no bytes.</summary>
    public const long MaxCopyObjectSize = MaxPartSize;

    /// <summary>The API's object limit: 48.8 TB, which is 10,000 parts of 5 GB.</summary>
    public const long MaxObjectSize = MaxPartNumber * MaxPartSize;

    /// <summary>The sum of names and values of <c>x-oss-meta-*</c>: 8 KB.</summary>
    public const int MaxUserMetadataBytes = 8 * 1024;

    public const int MaxObjectTags = 10;
    public const int MaxObjectTagKeyLength = 128;
    public const int MaxObjectTagValueLength = 256;

    /// <summary>Bucket tags: at most 20; a key of 1 to 64 bytes, a value of up to 128.</summary>
    public const int MaxBucketTags = 20;
    public const int MaxBucketTagKeyBytes = 64;
    public const int MaxBucketTagValueBytes = 128;

    /// <summary>PutBucketLifecycle: at most 1,000 rules, each with an ID of up to 255 characters.</summary>
    public const int MaxLifecycleRules = 1000;
    public const int MaxLifecycleRuleIdLength = 255;

    /// <summary>What all rules of a bucket together leave alone (Filter/Not). No limit is documented; each read of an object with a rule asks them all.</summary>
    public const int MaxLifecycleNots = 1000;

    /// <summary>1,000 lifecycle rules with long prefixes and tags make about 2 MB of XML; twice that leaves room for indentation.</summary>
    public const int MaxLifecycleBodyBytes = 4 * 1024 * 1024;

    /// <summary>A bucket's retention: 1 day to 70 years.</summary>
    public const int MaxRetentionDays = 25_550;

    /// <summary>RestoreObject: at most 7 days for the Archive class, 365 for the colder ones.</summary>
    public const int MaxArchiveRestoreDays = 7;
    public const int MaxColdRestoreDays = 365;

    /// <summary>A listing page: 1 to 1,000 entries.</summary>
    public const int MaxListPage = 1000;
    public const int DefaultListObjectsPage = 100;
    public const int DefaultListPage = 1000;

    /// <summary>DeleteMultipleObjects: at most 1,000 keys in at most 2 MB of XML.</summary>
    public const int MaxDeleteKeys = 1000;
    public const int MaxDeleteBodyBytes = 2 * 1024 * 1024;

    /// <summary>
    /// CompleteMultipartUpload: 10,000 parts make about 1 MB of XML; four times that leaves room for any indentation.
    /// </summary>
    public const int MaxCompleteBodyBytes = 4 * 1024 * 1024;

    /// <summary>
    /// Where reading a list ends that the protocol allows far fewer elements (tags, transitions of a rule, versions of TLS): a few too many are refused by those who
    /// know the error, and many too many are not read.
    /// </summary>
    public const int MaxListElements = 100;

    /// <summary>Lists of which no limit is documented (Referers, headers, principals): many times what anybody uses, few enough to go through with each request.</summary>
    public const int MaxListTexts = 1000;

    /// <summary>Any other XML or JSON request document; the documented ones are at most 64 KB.</summary>
    public const int MaxDocumentBytes = 256 * 1024;

    /// <summary><c>x-oss-traffic-limit</c> in bit/s: from 30 KB/s to 100 MB/s.</summary>
    public const long MinTrafficLimit = 245_760;
    public const long MaxTrafficLimit = 838_860_800;

    /// <summary>The clock difference that a signed request may have, either way.</summary>
    public static readonly TimeSpan MaxClockSkew = TimeSpan.FromMinutes(15);

    /// <summary>A V4 URL is valid for at most seven days.</summary>
    public const long MaxPresignSeconds = 604_800;
}
