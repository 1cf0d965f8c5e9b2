using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Storage.Metadata;

namespace Moss.Storage.Lifecycle;

/// <summary>What the rules have in store for an object version.</summary>
/// <param name="Expires">It is to go (or, where versions are kept and it is current, to be hidden). Beats any transition.</param>
/// <param name="Becomes">The storage class it is to take; null: its own.</param>
readonly record struct LifecycleVerdict(bool Expires, StorageClass? Becomes)
{
    public bool IsNothing => !Expires && Becomes is null;
}

/// <summary>
/// The enabled rules of a bucket as decisions, without any I/O. Ages count in whole UTC days: a time is rounded up to midnight before the days are added, so that
/// an object which is one day old to the second is still there. Source: the lifecycle pages of the user guide; docs/decisions/0051-lifecycle-days.md.
/// </summary>
public sealed class LifecyclePolicy
{
    readonly IReadOnlyList<LifecycleRule> _rules;

    public LifecyclePolicy(LifecycleConfiguration configuration)
    {
        _rules = [.. configuration.Rules.Where(rule => rule.IsEnabled)];
        NeedsTags = _rules.Any(rule => rule.Tags.Count > 0 || rule.Nots.Any(not => not.Tag is not null));
        UploadPrefixes = Cover(_rules.Where(rule => rule.AbortMultipartUpload is not null));
        ObjectPrefixes = Cover(_rules.Where(ActsOnObjects));
    }

    /// <summary>Whether a decision may depend on tags, which listings do not have.</summary>
    internal bool NeedsTags { get; }

    /// <summary>Prefixes that hold every upload a rule may abort; none begins with another.</summary>
    internal IReadOnlyList<string> UploadPrefixes { get; }

    /// <summary>Prefixes that hold every object a rule may act on; none begins with another.</summary>
    internal IReadOnlyList<string> ObjectPrefixes { get; }

    /// <summary>When a rule will expire a current object first, and which rule; null when none will.</summary>
    public (DateTimeOffset At, string RuleId)? ExpiryOf(ObjectRecord current)
    {
        (DateTimeOffset At, string RuleId)? first = null;
        foreach (var rule in _rules)
        {
            if (rule.Expiration is { } action && Matches(rule, current, current.Attributes.Tags)
                && DueAt(action, current.LastModified) is { } due && (first is null || due < first.Value.At))
            {
                first = (due, rule.Id);
            }
        }

        return first;
    }

    /// <summary>What is to be done with a current object.</summary>
    /// <param name="current">The object.</param>
    /// <param name="tags">Its tags; null when they are not known: the answer then is what might have to be done.</param>
    /// <param name="now">The instant of the decision.</param>
    internal LifecycleVerdict OfCurrent(ObjectSummary current, IReadOnlyList<KeyValuePair<string, string>>? tags, DateTimeOffset now) =>
        Decide(current, tags, current.LastModified, now, rule => rule.Expiration, rule => rule.Transitions);

    /// <summary>What is to be done with a version that is no longer current.</summary>
    /// <param name="version">The version; may be a delete marker.</param>
    /// <param name="tags">Its tags; null when they are not known.</param>
    /// <param name="since">When a newer version took its place.</param>
    /// <param name="now">The instant of the decision.</param>
    internal LifecycleVerdict OfNoncurrent(
        ObjectSummary version, IReadOnlyList<KeyValuePair<string, string>>? tags, DateTimeOffset since, DateTimeOffset now) =>
        Decide(version, tags, since, now, rule => rule.NoncurrentVersionExpiration, rule => rule.NoncurrentVersionTransitions);

    /// <summary>Whether a delete marker of this key goes when nothing else is left of it.</summary>
    internal bool RemovesLoneMarker(ObjectKey key) => _rules.Any(
        rule => rule.Expiration?.ExpiredObjectDeleteMarker == true && key.Value.StartsWith(rule.Prefix, StringComparison.Ordinal));

    /// <summary>Whether an upload is old enough to be aborted.</summary>
    internal bool Aborts(UploadRecord upload, DateTimeOffset now) => _rules.Any(
        rule => rule.AbortMultipartUpload is { } action && upload.Key.Value.StartsWith(rule.Prefix, StringComparison.Ordinal)
            && DueAt(action, upload.Initiated) <= now);

    LifecycleVerdict Decide(
        ObjectSummary version,
        IReadOnlyList<KeyValuePair<string, string>>? tags,
        DateTimeOffset since,
        DateTimeOffset now,
        Func<LifecycleRule, LifecycleAction?> expiration,
        Func<LifecycleRule, IReadOnlyList<LifecycleAction>> transitions)
    {
        StorageClass? becomes = null;
        foreach (var rule in _rules)
        {
            if (!Matches(rule, version, tags))
            {
                continue;
            }

            if (expiration(rule) is { } action && DueAt(action, since) <= now)
            {
                return new(Expires: true, Becomes: null);
            }

            foreach (var transition in version.IsDeleteMarker ? [] : transitions(rule))
            {
                // Only ever colder; of several that are due the coldest. Accesses are not recorded, so nothing is decided by them.
                if (transition is { StorageClass: { } target, IsAccessTime: not true } && target > (becomes ?? version.StorageClass)
                    && DueAt(transition, since) <= now)
                {
                    becomes = target;
                }
            }
        }

        return new(Expires: false, becomes);
    }

    static bool Matches(LifecycleRule rule, ObjectSummary version, IReadOnlyList<KeyValuePair<string, string>>? tags)
    {
        var key = version.Key.Value;
        if (!key.StartsWith(rule.Prefix, StringComparison.Ordinal)
            || version.Size <= rule.ObjectSizeGreaterThan || version.Size >= rule.ObjectSizeLessThan
            || (tags is not null && !rule.Tags.All(tags.Contains)))
        {
            return false;
        }

        foreach (var not in rule.Nots)
        {
            if (key.StartsWith(not.Prefix, StringComparison.Ordinal) && (not.Tag is not { } tag || tags?.Contains(tag) == true))
            {
                return false;
            }
        }

        return true;
    }

    // When an action is due for something of this age; null for never.
    static DateTimeOffset? DueAt(LifecycleAction action, DateTimeOffset since)
    {
        if (action.Days is not { } days)
        {
            return action.CreatedBeforeDate is { } before ? (since < before ? before : null) : action.Date;
        }

        var midnight = since.UtcDateTime.Date;
        var whole = days + (since.UtcDateTime == midnight ? 0L : 1L);
        return whole > (DateTime.MaxValue - midnight).Days ? null : new DateTimeOffset(midnight, TimeSpan.Zero).AddDays(whole);
    }

    static bool ActsOnObjects(LifecycleRule rule) =>
        rule.Expiration is not null || rule.NoncurrentVersionExpiration is not null
        || rule.Transitions.Any(transition => transition.IsAccessTime != true)
        || rule.NoncurrentVersionTransitions.Any(transition => transition.IsAccessTime != true);

    static List<string> Cover(IEnumerable<LifecycleRule> rules)
    {
        var cover = new List<string>();
        foreach (var prefix in rules.Select(rule => rule.Prefix).Order(StringComparer.Ordinal))
        {
            // In this order a prefix stands right before what begins with it.
            if (cover.Count == 0 || !prefix.StartsWith(cover[^1], StringComparison.Ordinal))
            {
                cover.Add(prefix);
            }
        }

        return cover;
    }
}
