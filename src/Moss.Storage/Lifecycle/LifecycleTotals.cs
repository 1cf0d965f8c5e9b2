namespace Moss.Storage.Lifecycle;

/// <summary>What a run of the lifecycle rules did.</summary>
public sealed record LifecycleTotals
{
    /// <summary>Buckets with rules.</summary>
    public long Buckets { get; init; }

    /// <summary>Buckets whose rules were changed or removed while they were carried out: the new rules wait for the next run.</summary>
    public long BucketsChanged { get; init; }

    /// <summary>Buckets that failed; what was done in them stays done.</summary>
    public long BucketsFailed { get; init; }

    /// <summary>Object versions, delete markers and uploads that were looked at.</summary>
    public long Examined { get; init; }

    /// <summary>Current objects that were removed.</summary>
    public long Expired { get; init; }

    /// <summary>Current objects that were hidden behind a delete marker.</summary>
    public long Hidden { get; init; }

    /// <summary>Older versions that were removed.</summary>
    public long VersionsRemoved { get; init; }

    /// <summary>Delete markers that were removed because nothing else was left of their keys.</summary>
    public long MarkersRemoved { get; init; }

    /// <summary>Object versions that took a colder storage class.</summary>
    public long Transitioned { get; init; }

    public long UploadsAborted { get; init; }

    /// <summary>Bytes of what was removed and of the parts of aborted uploads. Copies share bytes, which go with the last of them.</summary>
    public long Bytes { get; init; }

    public static LifecycleTotals operator +(LifecycleTotals left, LifecycleTotals right) => left.Plus(right);

    public LifecycleTotals Plus(LifecycleTotals other) => new()
    {
        Buckets = Buckets + other.Buckets,
        BucketsChanged = BucketsChanged + other.BucketsChanged,
        BucketsFailed = BucketsFailed + other.BucketsFailed,
        Examined = Examined + other.Examined,
        Expired = Expired + other.Expired,
        Hidden = Hidden + other.Hidden,
        VersionsRemoved = VersionsRemoved + other.VersionsRemoved,
        MarkersRemoved = MarkersRemoved + other.MarkersRemoved,
        Transitioned = Transitioned + other.Transitioned,
        UploadsAborted = UploadsAborted + other.UploadsAborted,
        Bytes = Bytes + other.Bytes,
    };
}
