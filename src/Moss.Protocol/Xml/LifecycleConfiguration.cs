using Moss.Protocol.Errors;
using Moss.Protocol.Limits;
using Moss.Protocol.Names;

namespace Moss.Protocol.Xml;

/// <summary>
/// The lifecycle rules of a bucket, in a request and in an answer. Unlike other documents this one may hold nothing unknown: a condition that was skipped
/// would make a rule delete more than its author meant.
/// </summary>
public sealed record LifecycleConfiguration(IReadOnlyList<LifecycleRule> Rules) : IXmlDocument<LifecycleConfiguration>
{
    public static string Root => "LifecycleConfiguration";

    public void Write(XmlDocumentWriter writer)
    {
        foreach (var rule in Rules)
        {
            rule.Write(writer);
        }
    }

    public static LifecycleConfiguration Read(XmlDocumentReader reader)
    {
        var rules = new List<LifecycleRule>();
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            if (reader.Name != "Rule")
            {
                throw LifecycleRule.Unknown(reader.Name);
            }

            reader.Append(rules, LifecycleRule.Read, OssLimits.MaxLifecycleRules);
        }

        return new(rules);
    }
}

/// <summary>One rule: which objects, and what is done with them when.</summary>
public sealed record LifecycleRule
{
    /// <summary>Empty in a request that leaves the naming to the server.</summary>
    public string Id { get; init; } = "";

    /// <summary>Empty: the whole bucket.</summary>
    public string Prefix { get; init; } = "";

    public bool IsEnabled { get; init; } = true;

    /// <summary>An object must have all of them.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Tags { get; init; } = [];

    /// <summary>Larger than so many bytes.</summary>
    public long? ObjectSizeGreaterThan { get; init; }

    /// <summary>Smaller than so many bytes.</summary>
    public long? ObjectSizeLessThan { get; init; }

    /// <summary>An object that any of these describes is left alone.</summary>
    public IReadOnlyList<LifecycleNot> Nots { get; init; } = [];

    public LifecycleAction? Expiration { get; init; }

    public IReadOnlyList<LifecycleAction> Transitions { get; init; } = [];

    public LifecycleAction? AbortMultipartUpload { get; init; }

    public LifecycleAction? NoncurrentVersionExpiration { get; init; }

    public IReadOnlyList<LifecycleAction> NoncurrentVersionTransitions { get; init; } = [];

    /// <summary>Made by the server for rules by access time: since when accesses count, in Unix seconds.</summary>
    public long? AtimeBase { get; init; }

    internal static OssException Unknown(string name) => OssErrors.Xml($"the element {name} is not known here.");

    internal void Write(XmlDocumentWriter writer)
    {
        writer.Start("Rule");
        writer.Element("ID", Id.Length == 0 ? null : Id);
        writer.Element("Prefix", Prefix);
        writer.Element("Status", IsEnabled ? "Enabled" : "Disabled");
        WriteTags(writer, Tags);
        WriteFilter(writer);
        Expiration?.Write(writer, "Expiration");
        foreach (var transition in Transitions)
        {
            transition.Write(writer, "Transition");
        }

        AbortMultipartUpload?.Write(writer, "AbortMultipartUpload");
        NoncurrentVersionExpiration?.Write(writer, "NoncurrentVersionExpiration");
        foreach (var transition in NoncurrentVersionTransitions)
        {
            transition.Write(writer, "NoncurrentVersionTransition");
        }

        writer.Element("AtimeBase", AtimeBase);
        writer.End();
    }

    internal static LifecycleRule Read(XmlDocumentReader reader)
    {
        var tags = new List<KeyValuePair<string, string>>();
        List<LifecycleAction> transitions = [], noncurrent = [];
        var rule = new LifecycleRule { Tags = tags, Transitions = transitions, NoncurrentVersionTransitions = noncurrent };
        var (seen, hasStatus) = (new HashSet<string>(StringComparer.Ordinal), false);
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            var name = reader.Name;
            switch (name)
            {
                case "Tag":
                    reader.Append(tags, ReadTag);
                    break;
                case "Transition":
                    reader.Append(transitions, LifecycleAction.Read);
                    break;
                case "NoncurrentVersionTransition":
                    reader.Append(noncurrent, LifecycleAction.Read);
                    break;
                default:
                    rule = seen.Add(name) ? ReadPart(reader, rule) : throw OssErrors.Xml($"a rule has more than one {name}.");
                    hasStatus |= name == "Status";
                    break;
            }
        }

        return hasStatus ? rule : throw OssErrors.Xml("a rule has no Status.");
    }

    static LifecycleRule ReadPart(XmlDocumentReader reader, LifecycleRule rule) => reader.Name switch
    {
        "ID" => rule with { Id = reader.Text() },
        "Prefix" => rule with { Prefix = reader.Text() },
        "Status" => rule with
        {
            IsEnabled = reader.Text().Trim() switch
            {
                "Enabled" => true,
                "Disabled" => false,
                _ => throw OssErrors.Xml("Status must be Enabled or Disabled."),
            },
        },
        "Filter" => ReadFilter(reader, rule),
        "Expiration" => rule with { Expiration = LifecycleAction.Read(reader) },
        "AbortMultipartUpload" => rule with { AbortMultipartUpload = LifecycleAction.Read(reader) },
        "NoncurrentVersionExpiration" => rule with { NoncurrentVersionExpiration = LifecycleAction.Read(reader) },
        "AtimeBase" => rule with { AtimeBase = reader.Int64() },

        // npm ali-oss writes a rule of its old shape twice: these two beside the Expiration that says the same.
        "Days" or "Date" => rule,
        var name => throw Unknown(name),
    };

    void WriteFilter(XmlDocumentWriter writer)
    {
        if (Nots.Count == 0 && ObjectSizeGreaterThan is null && ObjectSizeLessThan is null)
        {
            return;
        }

        writer.Start("Filter");
        writer.Element("ObjectSizeGreaterThan", ObjectSizeGreaterThan);
        writer.Element("ObjectSizeLessThan", ObjectSizeLessThan);
        foreach (var not in Nots)
        {
            writer.Start("Not");
            writer.Element("Prefix", not.Prefix);
            WriteTags(writer, not.Tag is { } tag ? [tag] : []);
            writer.End();
        }

        writer.End();
    }

    static LifecycleRule ReadFilter(XmlDocumentReader reader, LifecycleRule rule)
    {
        var nots = new List<LifecycleNot>();
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            switch (reader.Name)
            {
                case "ObjectSizeGreaterThan":
                    rule = rule with { ObjectSizeGreaterThan = reader.Int64() };
                    break;
                case "ObjectSizeLessThan":
                    rule = rule with { ObjectSizeLessThan = reader.Int64() };
                    break;
                case "Not":
                    reader.Append(nots, ReadNot, OssLimits.MaxLifecycleNots);
                    break;
                default:
                    throw Unknown(reader.Name);
            }
        }

        return rule with { Nots = nots };
    }

    static LifecycleNot ReadNot(XmlDocumentReader reader)
    {
        string? prefix = null;
        KeyValuePair<string, string>? tag = null;
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            switch (reader.Name)
            {
                case "Prefix" when prefix is null:
                    prefix = reader.Text();
                    break;
                case "Tag" when tag is null:
                    tag = ReadTag(reader);
                    break;
                default:
                    throw Unknown(reader.Name);
            }
        }

        return new(prefix ?? "", tag);
    }

    static void WriteTags(XmlDocumentWriter writer, IReadOnlyList<KeyValuePair<string, string>> tags)
    {
        foreach (var (key, value) in tags)
        {
            writer.Start("Tag");
            writer.Element("Key", key);
            writer.Element("Value", value);
            writer.End();
        }
    }

    static KeyValuePair<string, string> ReadTag(XmlDocumentReader reader)
    {
        var (key, value) = ("", "");
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            switch (reader.Name)
            {
                case "Key":
                    key = reader.Text();
                    break;
                case "Value":
                    value = reader.Text();
                    break;
                default:
                    throw Unknown(reader.Name);
            }
        }

        return new(key, value);
    }
}

/// <summary>What a rule leaves alone: keys of a prefix, and of these only those with a tag when one is named.</summary>
public sealed record LifecycleNot(string Prefix, KeyValuePair<string, string>? Tag = null);

/// <summary>When something is done, and for a transition, to which class. The same parts serve every kind of action; which may stand together is for the server to check.</summary>
public sealed record LifecycleAction
{
    /// <summary>Days after the last modification, the initiation, or the instant from which a version was no longer current (<c>NoncurrentDays</c>).</summary>
    public int? Days { get; init; }

    /// <summary>What was modified before this midnight.</summary>
    public DateTimeOffset? CreatedBeforeDate { get; init; }

    /// <summary>Everything, from this midnight on.</summary>
    public DateTimeOffset? Date { get; init; }

    /// <summary>Removes a delete marker that is all that is left of its key.</summary>
    public bool? ExpiredObjectDeleteMarker { get; init; }

    public StorageClass? StorageClass { get; init; }

    public bool? IsAccessTime { get; init; }

    public bool? ReturnToStdWhenVisit { get; init; }

    public bool? AllowSmallFile { get; init; }

    internal void Write(XmlDocumentWriter writer, string name)
    {
        writer.Start(name);
        writer.Element(name.StartsWith("Noncurrent", StringComparison.Ordinal) ? "NoncurrentDays" : "Days", Days);
        writer.Element("CreatedBeforeDate", CreatedBeforeDate);
        writer.Element("Date", Date);
        writer.Element("ExpiredObjectDeleteMarker", ExpiredObjectDeleteMarker);
        writer.Element("StorageClass", StorageClass?.ToWire());
        writer.Element("IsAccessTime", IsAccessTime);
        writer.Element("ReturnToStdWhenVisit", ReturnToStdWhenVisit);
        writer.Element("AllowSmallFile", AllowSmallFile);
        writer.End();
    }

    internal static LifecycleAction Read(XmlDocumentReader reader)
    {
        var days = reader.Name.StartsWith("Noncurrent", StringComparison.Ordinal) ? "NoncurrentDays" : "Days";
        var action = new LifecycleAction();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            var name = reader.Name;
            action = !seen.Add(name) ? throw OssErrors.Xml($"an action has more than one {name}.")
                : name == days ? action with { Days = reader.Int32() }
                : ReadPart(reader, action);
        }

        return action;
    }

    static LifecycleAction ReadPart(XmlDocumentReader reader, LifecycleAction action) => reader.Name switch
    {
        "CreatedBeforeDate" => action with { CreatedBeforeDate = reader.Time() },
        "Date" => action with { Date = reader.Time() },
        "ExpiredObjectDeleteMarker" => action with { ExpiredObjectDeleteMarker = reader.Boolean() },
        "StorageClass" => action with { StorageClass = ReadClass(reader) },
        "IsAccessTime" => action with { IsAccessTime = reader.Boolean() },
        "ReturnToStdWhenVisit" => action with { ReturnToStdWhenVisit = reader.Boolean() },
        "AllowSmallFile" => action with { AllowSmallFile = reader.Boolean() },
        var name => throw LifecycleRule.Unknown(name),
    };

    static StorageClass ReadClass(XmlDocumentReader reader)
    {
        var text = reader.Text().Trim();
        return WireWords.TryParseStorageClass(text, out var storageClass)
            ? storageClass
            : throw OssErrors.Argument("StorageClass", text, "No such storage class exists.");
    }
}
