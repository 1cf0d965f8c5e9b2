using System.CommandLine;
using System.Globalization;
using System.Runtime.CompilerServices;
using Moss.Cli.Frame;
using Moss.Cli.Transfers;
using Moss.Client;
using Moss.Protocol.Xml;

namespace Moss.Cli.Commands;

/// <summary>
/// <c>moss revert</c>: makes an earlier version of an object the current one, by removing delete markers above it or by copying it; nothing that was
/// stored is lost.
/// </summary>
static class RevertCommand
{
    static readonly Argument<string?> To = Options.OptionalArgument(
        "version", "HEAD~0 (so without it) undoes a deletion; HEAD~2 is the version two before; NOW~1d the last one a day ago, NOW~2026-11-22T17:08:00 at that time; or a version's id.");

    static readonly Option<bool> IgnoreMissing = Options.Flag("--ignore-version-not-exist", "With -r: leave an object alone that has no such version.");

    // A listing of versions chooses by name and time; objects that are gone have no metadata.
    static readonly Option[] Choosing =
        [EachObject.Recursive, .. NameFilter.All, ObjectSelection.StartAfter, ObjectSelection.EndWith, ObjectSelection.PageSize, ObjectSelection.Limit, ObjectSelection.Dirs, ObjectSelection.EncodingType];

    public static Command Create(string name, string description) => new MossCommand(name, description)
    {
        Notes = """
            Times of filters are those of what is current: of a deleted object, when it was deleted. What was deleted at the time of NOW~ is left alone.
            Where versioning is suspended, an object whose version 'null' would be replaced is left alone and reported.
            """,
    }
        .With([EachObject.Address, To, IgnoreMissing, .. Choosing, .. EachObject.Running])
        .Example("moss revert oss://bucket/key", "undo a deletion")
        .Example("moss revert -r oss://bucket/photos/ HEAD~0 --max-age 1h", "undo all deletions of the last hour")
        .Example("moss revert oss://bucket/key HEAD~1", "the version before the current one")
        .Example("moss revert -r oss://bucket/ NOW~1d --ignore-version-not-exist -n", "what would be as it was yesterday; what was deleted then, and what is newer, stays")
        .Run(RunAsync);

    static Task<int> RunAsync(Invocation invocation)
    {
        var recursive = invocation.Get(EachObject.Recursive);
        var place = EachObject.Place(invocation);
        if (!recursive)
        {
            ObjectSelection.RefuseForOne(invocation);
        }

        if (!recursive && invocation.Get(IgnoreMissing))
        {
            throw new UsageException("--ignore-version-not-exist goes with -r");
        }

        var target = Target.Parse(invocation.Get(To) ?? "HEAD~0", Invocation.Time.GetUtcNow());
        return EachObject.RunAsync(invocation, ItemsAsync(invocation, place, recursive, target), recursive);
    }

    static async IAsyncEnumerable<TransferItem> ItemsAsync(
        Invocation invocation, OssUri place, bool recursive, Target target, [EnumeratorCancellation] CancellationToken ct = default)
    {
        var client = invocation.Client(place.Bucket);
        var selection = ObjectSelection.Read(invocation);
        var (found, left, cut) = (false, invocation.Get(ObjectSelection.Limit) ?? long.MaxValue, place.NameStart);
        var deleted = 0L;
        await foreach (var versions in KeysAsync(client, place, recursive, selection, invocation.Get(ObjectSelection.Dirs), ct))
        {
            found = true;
            if (recursive && !selection.TakesVersion(versions[0], cut))
            {
                continue;
            }

            if (target.WasDeleted(versions))
            {
                deleted++;
                continue;
            }

            if (ItemOf(client, place.Bucket, versions, target, recursive && invocation.Get(IgnoreMissing)) is { } item && left-- > 0)
            {
                yield return item;
            }

            if (left <= 0)
            {
                break;
            }
        }

        if (!recursive && (!found || deleted > 0))
        {
            throw new FailedException(ExitCode.Client, found ? $"'{place}' was deleted at that time: it is left alone" : $"there is no version of '{place}'");
        }

        if (deleted > 0)
        {
            Invocation.Warn($"{deleted} objects were deleted at that time: they are left alone");
        }
    }

    // All versions of a key together, the newest first: so they are listed.
    static async IAsyncEnumerable<List<ListedVersion>> KeysAsync(
        OssClient client, OssUri place, bool recursive, ObjectSelection selection, bool oneLevel, [EnumeratorCancellation] CancellationToken ct)
    {
        var versions = new List<ListedVersion>();
        await foreach (var page in client.ListObjectVersionsPagesAsync(place.Bucket, selection.Listing(place, oneLevel), ct))
        {
            foreach (var version in page.Versions)
            {
                if (versions.Count > 0 && versions[0].Object.Key != version.Object.Key)
                {
                    yield return versions;
                    versions = [];
                }

                if (selection.IsBeyond(version.Object.Key) || (!recursive && version.Object.Key != place.Key))
                {
                    // What is listed comes in order: the one key comes first of all that begin with it.
                    yield break;
                }

                versions.Add(version);
            }
        }

        if (versions.Count > 0)
        {
            yield return versions;
        }
    }

    // Null when it is current already.
    static TransferItem? ItemOf(OssClient client, string bucket, List<ListedVersion> versions, Target target, bool ignoresMissing)
    {
        var key = versions[0].Object.Key;
        var uri = $"oss://{bucket}/{key}";
        var wanted = target.Of(versions);
        if (wanted is not { } version)
        {
            return ignoresMissing ? null
                : TransferItem.Broken(TransferKind.Revert, uri, "", new FailedException(ExitCode.Client, $"'{uri}' has no such version"));
        }

        var markers = versions.TakeWhile(static newer => newer.IsDeleteMarker).ToList();
        if (markers.Count == 0 && versions[0].VersionId == version.VersionId)
        {
            return null;
        }

        // The newest version is uncovered; an older one becomes the newest. Whatever is written meanwhile may take the id of a marker 'null'.
        return markers.Count < versions.Count && versions[markers.Count].VersionId == version.VersionId && !markers.Exists(IsNull)
            ? new(TransferKind.Revert, uri, "", null, async (_, ct) =>
            {
                foreach (var marker in markers)
                {
                    await client.DeleteObjectAsync(bucket, key, marker.VersionId, ct);
                }

                return new() { VersionId = version.VersionId };
            })
            : new(TransferKind.Revert, uri, "", null, async (_, ct) =>
            {
                if (versions.Exists(other => IsNull(other) && other.VersionId != version.VersionId))
                {
                    await RequireVersionsAsync(client, bucket, uri, ct);
                }

                var source = new CopySource(bucket, key, version.VersionId);
                await ObjectRewrite.RunAsync(client, source, static properties => properties, ct);
                return new();
            });
    }

    static bool IsNull(ListedVersion version) => version.VersionId == "null";

    // Where versioning is suspended, a copy is written as the version 'null' in place of the one that is there.
    static async Task RequireVersionsAsync(OssClient client, string bucket, string uri, CancellationToken ct)
    {
        if (await client.GetBucketVersioningAsync(bucket, ct) != "Enabled")
        {
            throw new FailedException(
                ExitCode.Client,
                $"'{uri}' has a version 'null' that would be lost, for versioning is not enabled in the bucket: nothing was changed; enable it with 'moss api put-bucket-versioning' and try again");
        }
    }

    /// <summary>Which version is wanted; exactly one of the three is said.</summary>
    sealed record Target(string? VersionId, int? Back, DateTimeOffset? Before)
    {
        const string Head = "HEAD~", Now = "NOW~";

        public static Target Parse(string text, DateTimeOffset now)
        {
            if (text.StartsWith(Head, StringComparison.Ordinal))
            {
                return int.TryParse(text.AsSpan(Head.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var back)
                    ? new(null, back, null)
                    : throw new UsageException($"'{text}' is no version: HEAD~ and a number");
            }

            if (!text.StartsWith(Now, StringComparison.Ordinal))
            {
                return new(text, null, null);
            }

            var when = text[Now.Length..];
            return Quantities.TryParseDuration(when, out var ago) ? new(null, null, now - ago)
                : Quantities.TryParseTime(when, out var time) ? new(null, null, time)
                : throw new UsageException($"'{text}' is no version: NOW~ and a time such as 1d or 2026-11-22T17:08:00");
        }

        /// <summary>Whether the newest entry of that time, the newest first, is a delete marker: then there was no object.</summary>
        public bool WasDeleted(List<ListedVersion> versions) => Then(versions) is { IsDeleteMarker: true };

        /// <summary>Of the versions of one key, the newest first; delete markers are none. Null when there is no such version.</summary>
        public ListedVersion? Of(List<ListedVersion> versions)
        {
            if (Before is not null)
            {
                return Then(versions) is { IsDeleteMarker: false } then ? then : null;
            }

            var kept = versions.Where(static version => !version.IsDeleteMarker);
            var chosen = Back is { } back ? kept.Skip(back) : kept.Where(version => version.VersionId == VersionId);
            return chosen.Select(static version => (ListedVersion?)version).FirstOrDefault();
        }

        ListedVersion? Then(List<ListedVersion> versions) => versions.FindIndex(version => version.Object.LastModified <= Before) is >= 0 and var index ? versions[index] : null;
    }
}
