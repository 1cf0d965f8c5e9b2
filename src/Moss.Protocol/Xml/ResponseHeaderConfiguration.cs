namespace Moss.Protocol.Xml;

/// <summary>Which headers a bucket's answers leave out (PutBucketResponseHeader and its relatives).</summary>
public sealed record ResponseHeaderConfiguration(IReadOnlyList<ResponseHeaderRule> Rules) : IXmlDocument<ResponseHeaderConfiguration>
{
    public static string Root => "ResponseHeaderConfiguration";

    public void Write(XmlDocumentWriter writer)
    {
        foreach (var rule in Rules)
        {
            writer.Start("Rule");
            writer.Element("Name", rule.Name);
            writer.Start("Filters");
            writer.Elements("Operation", rule.Operations);
            writer.End();
            writer.Start("HideHeaders");
            writer.Elements("Header", rule.HideHeaders);
            writer.End();
            writer.End();
        }
    }

    public static ResponseHeaderConfiguration Read(XmlDocumentReader reader)
    {
        var rules = new List<ResponseHeaderRule>();
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

    static ResponseHeaderRule ReadRule(XmlDocumentReader reader)
    {
        var rule = new ResponseHeaderRule("", [], []);
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            rule = reader.Name switch
            {
                "Name" => rule with { Name = reader.Text().Trim() },
                "Filters" => rule with { Operations = reader.Texts("Operation") },
                "HideHeaders" => rule with { HideHeaders = reader.Texts("Header") },
                _ => rule,
            };
        }

        return rule;
    }
}

/// <summary>One rule.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Operations">The operations it is for, with or without <c>Object</c> (<c>Put</c>, <c>GetObject</c>), or <c>*</c>.</param>
/// <param name="HideHeaders">The headers that are left out.</param>
public sealed record ResponseHeaderRule(string Name, IReadOnlyList<string> Operations, IReadOnlyList<string> HideHeaders);
