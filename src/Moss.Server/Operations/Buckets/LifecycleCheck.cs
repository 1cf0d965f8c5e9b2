using System.Globalization;
using System.Text;
using Moss.Protocol.Errors;
using Moss.Protocol.Limits;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Server.Operations.Headers;

namespace Moss.Server.Operations.Buckets;

/// <summary>
/// What the rules of PutBucketLifecycle must keep to, by themselves and beside each other. Source: the page of the operation and the pages of the detail codes
/// 0014-*.
/// </summary>
static class LifecycleCheck
{
    const string MutuallyExclusive = "0014-00000061";
    const string MixedDaysAndDates = "0014-00000080";
    const string NotBesideFilter = "0014-00000034";
    const string AccessTimeParts = "0014-00000052";
    const string BadTag = "0014-00000031";
    const string SameTransition = "0014-00000079";
    const string TransitionOrder = "0014-00000082";
    const string SameAction = "0014-00000084";

    /// <summary>Refuses with the documented error what breaks a rule.</summary>
    /// <param name="document">The rules.</param>
    /// <param name="allowOverlap">Whether rules for overlapping prefixes may do the same thing at different times.</param>
    public static void Check(LifecycleConfiguration document, bool allowOverlap)
    {
        if (document.Rules.Count == 0)
        {
            throw OssErrors.Xml("there is no Rule.");
        }

        if (document.Rules.Sum(rule => rule.Nots.Count) > OssLimits.MaxLifecycleNots)
        {
            throw OssErrors.Xml($"there are more than {OssLimits.MaxLifecycleNots} elements Not.");
        }

        foreach (var rule in document.Rules)
        {
            CheckRule(rule);
        }

        var named = document.Rules.Select(rule => rule.Id).Where(id => id.Length > 0).ToList();
        if (named.Distinct(StringComparer.Ordinal).Count() != named.Count)
        {
            throw OssErrors.Argument("ID", named.GroupBy(id => id).First(group => group.Count() > 1).Key, "Rule ID must be unique.");
        }

        if (!allowOverlap)
        {
            CheckOverlap(document.Rules);
        }
    }

    /// <summary>Whether a rule moves objects by when they were last read.</summary>
    public static bool IsByAccessTime(LifecycleRule rule) =>
        rule.Transitions.Concat(rule.NoncurrentVersionTransitions).Any(transition => transition.IsAccessTime == true);

    static void CheckRule(LifecycleRule rule)
    {
        if (rule.Id.Length > OssLimits.MaxLifecycleRuleIdLength || rule.Id.Any(char.IsControl))
        {
            throw OssErrors.Argument("ID", rule.Id[..Math.Min(rule.Id.Length, OssLimits.MaxLifecycleRuleIdLength)], "The rule ID is not valid.");
        }

        if (Encoding.UTF8.GetByteCount(rule.Prefix) > OssLimits.MaxKeyBytes)
        {
            throw OssErrors.Argument("Prefix", "", "The prefix is longer than a key can be.");
        }

        if (rule is { Expiration: null, AbortMultipartUpload: null, NoncurrentVersionExpiration: null, Transitions.Count: 0, NoncurrentVersionTransitions.Count: 0 })
        {
            throw OssErrors.Xml("a rule has no action.");
        }

        CheckActions(rule);
        CheckFilter(rule);
    }

    static void CheckActions(LifecycleRule rule)
    {
        CheckTime(rule.Expiration, "Expiration", allowsDates: true, allowsMarker: true);
        CheckTime(rule.AbortMultipartUpload, "AbortMultipartUpload", allowsDates: true);
        CheckTime(rule.NoncurrentVersionExpiration, "NoncurrentVersionExpiration", allowsDates: false);
        foreach (var transition in rule.Transitions)
        {
            CheckTransition(transition, "Transition", allowsDates: true);
        }

        foreach (var transition in rule.NoncurrentVersionTransitions)
        {
            CheckTransition(transition, "NoncurrentVersionTransition", allowsDates: false);
        }

        foreach (var group in new[] { rule.Transitions, rule.NoncurrentVersionTransitions })
        {
            if (group.Select(transition => transition.StorageClass).Distinct().Count() != group.Count)
            {
                throw new OssException(OssErrors.InvalidArgument, "A rule moves objects to one storage class more than once.", SameTransition);
            }
        }

        var byDays = rule.Expiration?.Days is not null || rule.Transitions.Any(transition => transition.Days is not null);
        var byDate = IsByDate(rule.Expiration) || rule.Transitions.Any(IsByDate);
        if (byDays && byDate)
        {
            throw new OssException(
                OssErrors.InvalidRequest, "A rule mixes days and dates in its Expiration and Transition actions.", MixedDaysAndDates);
        }

        CheckOrder(rule.Expiration, rule.Transitions);
        CheckOrder(rule.NoncurrentVersionExpiration, rule.NoncurrentVersionTransitions);
    }

    static bool IsByDate(LifecycleAction? action) => action is not null && (action.CreatedBeforeDate is not null || action.Date is not null);

    static void CheckTime(LifecycleAction? action, string name, bool allowsDates, bool allowsMarker = false)
    {
        if (action is null)
        {
            return;
        }

        object?[] times = [action.Days, action.CreatedBeforeDate, action.Date, action.ExpiredObjectDeleteMarker];
        if (times.Count(time => time is not null) != 1 || (!allowsDates && IsByDate(action))
            || (!allowsMarker && action.ExpiredObjectDeleteMarker is not null)
            || (name is not ("Transition" or "NoncurrentVersionTransition")
                && (action.StorageClass is not null || action.IsAccessTime is not null || action.ReturnToStdWhenVisit is not null || action.AllowSmallFile is not null)))
        {
            throw new OssException(
                OssErrors.InvalidArgument, $"{name} must say in exactly one of the allowed ways when it is due.", MutuallyExclusive);
        }

        if (action.Days < 1)
        {
            throw OssErrors.Argument("Days", action.Days.Value.ToString(CultureInfo.InvariantCulture), $"The days of {name} must be a positive integer.");
        }

        foreach (var date in new[] { action.CreatedBeforeDate, action.Date })
        {
            if (date is { } given && given.TimeOfDay != TimeSpan.Zero)
            {
                throw OssErrors.Argument("Date", XmlTime.Format(given), $"The date of {name} must be midnight in UTC: yyyy-MM-ddT00:00:00.000Z.");
            }
        }
    }

    static void CheckTransition(LifecycleAction transition, string name, bool allowsDates)
    {
        CheckTime(transition, name, allowsDates && transition.IsAccessTime != true);
        if (transition.StorageClass is null or StorageClass.Standard)
        {
            throw OssErrors.Argument("StorageClass", transition.StorageClass?.ToWire() ?? "", $"The storage class of {name} must be IA, Archive, ColdArchive or DeepColdArchive.");
        }

        var isByAccess = transition.IsAccessTime == true;
        if (isByAccess != transition.ReturnToStdWhenVisit is not null || (!isByAccess && transition.AllowSmallFile is not null))
        {
            throw new OssException(
                OssErrors.InvalidArgument,
                "ReturnToStdWhenVisit must be said with IsAccessTime, and neither it nor AllowSmallFile without.",
                AccessTimeParts);
        }
    }

    // A colder class comes later, and the end last.
    static void CheckOrder(LifecycleAction? expiration, IEnumerable<LifecycleAction> transitions)
    {
        var (previous, isFirst) = (0, true);
        foreach (var transition in transitions.Where(transition => transition is { Days: not null, IsAccessTime: not true }).OrderBy(transition => transition.StorageClass))
        {
            if (!isFirst && transition.Days <= previous)
            {
                throw new OssException(OssErrors.InvalidArgument, "A colder storage class must be reached later than a warmer one.", TransitionOrder);
            }

            (previous, isFirst) = (transition.Days!.Value, false);
        }

        if (!isFirst && expiration?.Days is { } end && end <= previous)
        {
            throw new OssException(OssErrors.InvalidArgument, "Objects must expire later than they move to another storage class.", TransitionOrder);
        }
    }

    static void CheckFilter(LifecycleRule rule)
    {
        CheckTags(rule.Tags);
        var isForWhole = rule.AbortMultipartUpload is not null || rule.Expiration?.ExpiredObjectDeleteMarker is not null;
        if (isForWhole && rule.Tags.Count > 0)
        {
            throw OssErrors.Argument("Tag", rule.Tags[0].Key, "Tags cannot stand beside AbortMultipartUpload or ExpiredObjectDeleteMarker.", NotBesideFilter);
        }

        if (isForWhole && (rule.Nots.Count > 0 || rule.ObjectSizeGreaterThan is not null || rule.ObjectSizeLessThan is not null))
        {
            throw new OssException(
                OssErrors.InvalidArgument, "A Filter cannot stand beside AbortMultipartUpload or ExpiredObjectDeleteMarker.", NotBesideFilter);
        }

        foreach (var not in rule.Nots)
        {
            CheckTags(not.Tag is { } tag ? [tag] : []);
            var isNarrower = not.Prefix.StartsWith(rule.Prefix, StringComparison.Ordinal) && (not.Tag is not null || not.Prefix.Length > rule.Prefix.Length);
            if (!isNarrower)
            {
                throw OssErrors.Argument("Prefix", not.Prefix, "The prefix of a Not must begin with the prefix of its rule, and leave something over.");
            }
        }

        if (rule.ObjectSizeGreaterThan < 0 || rule.ObjectSizeLessThan < 1 || rule.ObjectSizeLessThan <= rule.ObjectSizeGreaterThan)
        {
            throw OssErrors.Argument(
                "ObjectSizeLessThan", rule.ObjectSizeLessThan?.ToString(CultureInfo.InvariantCulture) ?? "", "The sizes leave no object over.");
        }
    }

    static void CheckTags(IReadOnlyList<KeyValuePair<string, string>> tags)
    {
        try
        {
            ObjectTags.Check(tags);
        }
        catch (OssException refusal)
        {
            throw new OssException(OssErrors.InvalidArgument, refusal.Message, BadTag, refusal.Details);
        }
    }

    static void CheckOverlap(IReadOnlyList<LifecycleRule> rules)
    {
        // In this order, whatever begins with a prefix follows it without a gap.
        var sorted = rules.OrderBy(rule => rule.Prefix, StringComparer.Ordinal).ToList();
        for (var i = 0; i < sorted.Count; i++)
        {
            for (var j = i + 1; j < sorted.Count && sorted[j].Prefix.StartsWith(sorted[i].Prefix, StringComparison.Ordinal); j++)
            {
                if (sorted[i].Tags.All(tag => sorted[j].Tags.All(other => other.Key != tag.Key || other.Value == tag.Value)))
                {
                    CheckPair(sorted[i], sorted[j]);
                }
            }
        }
    }

    // Two rules that may meet in one object.
    static void CheckPair(LifecycleRule one, LifecycleRule other)
    {
        if ((one.Expiration is not null && other.Expiration is not null)
            || (one.NoncurrentVersionExpiration is not null && other.NoncurrentVersionExpiration is not null)
            || (one.AbortMultipartUpload is not null && other.AbortMultipartUpload is not null))
        {
            throw Overlap("do the same", SameAction);
        }

        if (HasSameClass(one.Transitions, other.Transitions) || HasSameClass(one.NoncurrentVersionTransitions, other.NoncurrentVersionTransitions))
        {
            throw Overlap("move objects to the same storage class", SameTransition);
        }

        CheckOrder(one.Expiration ?? other.Expiration, one.Transitions.Concat(other.Transitions));
        CheckOrder(
            one.NoncurrentVersionExpiration ?? other.NoncurrentVersionExpiration,
            one.NoncurrentVersionTransitions.Concat(other.NoncurrentVersionTransitions));

        OssException Overlap(string what, string ec) => new(
            OssErrors.InvalidArgument,
            $"Rules for overlapping prefixes {what}, which x-oss-allow-same-action-overlap would allow.",
            ec,
            [new("ArgumentName", "Prefix"), new("ArgumentValue", other.Prefix)]);
    }

    static bool HasSameClass(IEnumerable<LifecycleAction> one, IEnumerable<LifecycleAction> other) =>
        one.Select(transition => transition.StorageClass).Intersect(other.Select(transition => transition.StorageClass)).Any();
}
