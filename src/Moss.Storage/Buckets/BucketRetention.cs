using System.Globalization;
using Moss.Storage.Metadata;

namespace Moss.Storage.Buckets;

/// <summary>
/// A bucket's retention (WORM): nothing in it is overwritten or deleted before it is so many days old. For a day it can be taken back; then it is locked, or it
/// lapses. Once locked it only ever gets longer.
/// </summary>
public sealed record BucketRetention
{
    /// <summary>How long a retention may wait for its lock; it protects already.</summary>
    public static readonly TimeSpan TimeToLock = TimeSpan.FromHours(24);

    /// <summary>Names it to those who lock and extend it.</summary>
    public required string WormId { get; init; }

    /// <summary>From an object's last modification.</summary>
    public required int Days { get; init; }

    public required DateTimeOffset CreationDate { get; init; }

    public bool IsLocked { get; init; }

    /// <summary>Whether it still counts: it is locked, or may yet be.</summary>
    public bool IsInForce(DateTimeOffset now) => IsLocked || now < CreationDate + TimeToLock;

    /// <summary>Whether an object version may be neither replaced nor removed. A delete marker holds nothing and may always go.</summary>
    public bool Protects(ObjectSummary version, DateTimeOffset now) =>
        !version.IsDeleteMarker && IsInForce(now) && now < version.LastModified.AddDays(Days);

    /// <summary>The stored form.</summary>
    public string Encode() => string.Create(
        CultureInfo.InvariantCulture, $"{WormId} {Days} {CreationDate.ToUnixTimeMilliseconds()} {(IsLocked ? 1 : 0)}");

    /// <summary>Reads the stored form; empty is none.</summary>
    public static BucketRetention? Decode(string stored) => stored.Length == 0 ? null
        : stored.Split(' ') is [var id, var days, var created, var locked]
            ? new()
            {
                WormId = id,
                Days = int.Parse(days, CultureInfo.InvariantCulture),
                CreationDate = DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(created, CultureInfo.InvariantCulture)),
                IsLocked = locked == "1",
            }
            : throw new InvalidDataException("A stored retention is none.");
}
