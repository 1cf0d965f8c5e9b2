using System.CommandLine;
using Moss.Cli.Frame;
using Moss.Client;
using Moss.Protocol.Xml;

namespace Moss.Cli.Transfers;

/// <summary>
/// Which objects take part by what is stored beside their bytes: <c>content-type=image/*</c>, <c>x-oss-meta-camera=7</c>,
/// <c>x-oss-storage-class=*Archive</c>, <c>x-oss-object-type=Symlink</c>, <c>x-oss-restore=ongoing-request="true"**</c>. A listing knows class and
/// type; for anything else each object is asked for with a request of its own.
/// </summary>
sealed class MetadataFilter(RuleList rules, bool needsHead)
{
    const string StorageClass = "x-oss-storage-class", ObjectType = "x-oss-object-type";

    public static readonly Option<string[]> Include = Options.Texts(
        "--metadata-include", "NAME=PATTERN", "Take objects whose header or metadata matches, and no others: content-type, x-oss-meta-..., x-oss-storage-class, x-oss-object-type, x-oss-restore. Repeatable.");

    public static readonly Option<string[]> Exclude = Options.Texts("--metadata-exclude", "NAME=PATTERN", "Leave out objects whose header or metadata matches. Repeatable.");
    public static readonly Option<string[]> Filter = Options.Texts("--metadata-filter", "RULE", "'+ NAME=PATTERN' or '- NAME=PATTERN'; the first rule that matches decides. Repeatable.");
    public static readonly Option<string[]> FilterFrom = Options.Texts("--metadata-filter-from", "FILE", "Rules of --metadata-filter, one a line. Repeatable.");

    static readonly RuleOptions Names = new(Include.Name, Exclude.Name, Filter.Name, null, null, FilterFrom.Name);

    public static readonly Option[] All = [Include, Exclude, Filter, FilterFrom];

    /// <summary>Whether nothing is left out.</summary>
    public bool IsEmpty => rules.IsEmpty;

    /// <summary>Whether an object's headers have to be asked for.</summary>
    public bool NeedsHead => needsHead;

    public static MetadataFilter Read(Invocation invocation)
    {
        var needsHead = false;
        var rules = RuleList.Read(invocation, Names, text =>
        {
            // Names of headers are the same in any case; values are not.
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? text : text[..equals].Trim().ToLowerInvariant();
            if (equals < 0 && text.Trim('*').Length > 0)
            {
                throw new UsageException($"'{text}' is not valid: metadata is NAME=PATTERN, such as content-type=image/*");
            }

            needsHead |= equals >= 0 && name is not (StorageClass or ObjectType);
            return Pattern.OfText(equals < 0 ? text : name + text[equals..]);
        });
        return new(rules, needsHead);
    }

    /// <summary>What a listing says decides.</summary>
    public bool Takes(ListedObject listed) => rules.IsEmpty || rules.Takes([$"{StorageClass}={listed.StorageClass}", $"{ObjectType}={listed.Type}"]);

    public bool Takes(ObjectInfo info) => rules.IsEmpty || rules.Takes([
        $"{StorageClass}={info.StorageClass}",
        $"{ObjectType}={info.Type}",
        .. info.Headers.All
            .Select(static header => (Name: header.Key.ToLowerInvariant(), header.Value))
            .Where(static header => header.Name is "content-type" or "x-oss-restore" || header.Name.StartsWith("x-oss-meta-", StringComparison.Ordinal))
            .Select(static header => $"{header.Name}={header.Value}"),
    ]);
}
