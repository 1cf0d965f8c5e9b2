namespace Moss.Protocol.Xml;

/// <summary>A bucket that is a website (PutBucketWebsite, GetBucketWebsite). At least one of the three is there.</summary>
public sealed record WebsiteConfiguration : IXmlDocument<WebsiteConfiguration>
{
    public IndexDocument? IndexDocument { get; init; }

    public WebsiteErrorDocument? ErrorDocument { get; init; }

    /// <summary>In the order of their numbers once they are stored.</summary>
    public IReadOnlyList<RoutingRule> RoutingRules { get; init; } = [];

    public static string Root => "WebsiteConfiguration";

    public void Write(XmlDocumentWriter writer)
    {
        if (IndexDocument is { } index)
        {
            writer.Start("IndexDocument");
            writer.Element("Suffix", index.Suffix);
            writer.Element("SupportSubDir", index.SupportSubDir);
            writer.Element("Type", index.Type);
            writer.End();
        }

        if (ErrorDocument is { } error)
        {
            writer.Start("ErrorDocument");
            writer.Element("Key", error.Key);
            writer.Element("HttpStatus", error.HttpStatus);
            writer.End();
        }

        if (RoutingRules.Count > 0)
        {
            writer.Start("RoutingRules");
            foreach (var rule in RoutingRules)
            {
                rule.Write(writer);
            }

            writer.End();
        }
    }

    public static WebsiteConfiguration Read(XmlDocumentReader reader)
    {
        var result = new WebsiteConfiguration();
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            result = reader.Name switch
            {
                "IndexDocument" => result with { IndexDocument = ReadIndex(reader) },
                "ErrorDocument" => result with { ErrorDocument = ReadError(reader) },
                "RoutingRules" => result with { RoutingRules = ReadRules(reader) },
                _ => result,
            };
        }

        return result;
    }

    static IndexDocument ReadIndex(XmlDocumentReader reader)
    {
        var index = new IndexDocument("");
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            index = reader.Name switch
            {
                "Suffix" => index with { Suffix = reader.Text() },
                "SupportSubDir" => index with { SupportSubDir = reader.Boolean() },
                "Type" => index with { Type = reader.Int32() },
                _ => index,
            };
        }

        return index;
    }

    static WebsiteErrorDocument ReadError(XmlDocumentReader reader)
    {
        var error = new WebsiteErrorDocument("");
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            error = reader.Name switch
            {
                "Key" => error with { Key = reader.Text() },
                "HttpStatus" => error with { HttpStatus = reader.Int32() },
                _ => error,
            };
        }

        return error;
    }

    static List<RoutingRule> ReadRules(XmlDocumentReader reader)
    {
        var rules = new List<RoutingRule>();
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            if (reader.Name == "RoutingRule")
            {
                reader.Append(rules, RoutingRule.Read);
            }
        }

        return rules;
    }
}

/// <summary>The page of the site's root and, where asked for, of what look like directories.</summary>
/// <param name="Suffix">The object's name.</param>
/// <param name="SupportSubDir">Whether every directory has a page of its own; null is false.</param>
/// <param name="Type">What a directory without its slash is: 0 (and null) redirected to, 1 not found, 2 its page.</param>
public sealed record IndexDocument(string Suffix, bool? SupportSubDir = null, long? Type = null);

/// <summary>The page of what is not there.</summary>
/// <param name="Key">The object.</param>
/// <param name="HttpStatus">200 or 404, which is the default.</param>
public sealed record WebsiteErrorDocument(string Key, long? HttpStatus = null);
