namespace Moss.Protocol.Xml;

/// <summary>Which objects may not be overwritten (PutBucketOverwriteConfig and its relatives).</summary>
public sealed record OverwriteConfiguration(IReadOnlyList<OverwriteRule> Rules) : IXmlDocument<OverwriteConfiguration>
{
    public static string Root => "OverwriteConfiguration";

    public void Write(XmlDocumentWriter writer)
    {
        foreach (var rule in Rules)
        {
            writer.Start("Rule");
            writer.Element("ID", rule.Id);
            writer.Element("Action", rule.Action);
            writer.Element("Prefix", rule.Prefix);
            writer.Element("Suffix", rule.Suffix);
            writer.Start("Principals");
            writer.Elements("Principal", rule.Principals);
            writer.End();
            writer.End();
        }
    }

    public static OverwriteConfiguration Read(XmlDocumentReader reader)
    {
        var rules = new List<OverwriteRule>();
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            if (reader.Name == "Rule")
            {
                rules.Add(ReadRule(reader));
            }
        }

        return new(rules);
    }

    static OverwriteRule ReadRule(XmlDocumentReader reader)
    {
        var rule = new OverwriteRule();
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            rule = reader.Name switch
            {
                "ID" => rule with { Id = reader.Text().Trim() },
                "Action" => rule with { Action = reader.Text().Trim() },
                "Prefix" => rule with { Prefix = reader.Text() },
                "Suffix" => rule with { Suffix = reader.Text() },
                "Principals" => rule with { Principals = reader.Texts("Principal") },
                _ => rule,
            };
        }

        return rule;
    }
}

/// <summary>One rule; it counts for a write where all of it holds.</summary>
public sealed record OverwriteRule
{
    /// <summary>Made by the server where none was given.</summary>
    public string Id { get; init; } = "";

    /// <summary><c>forbid</c>.</summary>
    public string Action { get; init; } = "";

    public string Prefix { get; init; } = "";

    public string Suffix { get; init; } = "";

    /// <summary>Whom it is for, as bucket policies name them; empty for everybody.</summary>
    public IReadOnlyList<string> Principals { get; init; } = [];
}
