namespace Moss.Protocol.Xml;

/// <summary>Where a website sends the reader of what it does not have.</summary>
/// <param name="RuleNumber">Its place in the order; null where none was given.</param>
public sealed record RoutingRule(int? RuleNumber, RoutingCondition Condition, RoutingRedirect Redirect)
{
    internal void Write(XmlDocumentWriter writer)
    {
        writer.Start("RoutingRule");
        writer.Element("RuleNumber", RuleNumber);
        Condition.Write(writer);
        Redirect.Write(writer);
        writer.End();
    }

    internal static RoutingRule Read(XmlDocumentReader reader)
    {
        var rule = new RoutingRule(null, new(), new());
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            rule = reader.Name switch
            {
                "RuleNumber" => rule with { RuleNumber = reader.Int32() },
                "Condition" => rule with { Condition = RoutingCondition.Read(reader) },
                "Redirect" => rule with { Redirect = RoutingRedirect.Read(reader) },
                _ => rule,
            };
        }

        return rule;
    }
}

/// <summary>When a rule counts: when all that is given holds.</summary>
public sealed record RoutingCondition
{
    public string? KeyPrefixEquals { get; init; }

    public string? KeySuffixEquals { get; init; }

    public int? HttpErrorCodeReturnedEquals { get; init; }

    /// <summary>Request headers and the values they must have.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> IncludeHeaders { get; init; } = [];

    internal void Write(XmlDocumentWriter writer)
    {
        writer.Start("Condition");
        writer.Element("KeyPrefixEquals", KeyPrefixEquals);
        writer.Element("KeySuffixEquals", KeySuffixEquals);
        writer.Element("HttpErrorCodeReturnedEquals", HttpErrorCodeReturnedEquals);
        foreach (var (key, value) in IncludeHeaders)
        {
            writer.Start("IncludeHeader");
            writer.Element("Key", key);
            writer.Element("Equals", value);
            writer.End();
        }

        writer.End();
    }

    internal static RoutingCondition Read(XmlDocumentReader reader)
    {
        var headers = new List<KeyValuePair<string, string>>();
        var result = new RoutingCondition { IncludeHeaders = headers };
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            if (reader.Name == "IncludeHeader")
            {
                reader.Append(headers, ReadHeader);
                continue;
            }

            result = reader.Name switch
            {
                "KeyPrefixEquals" => result with { KeyPrefixEquals = reader.Text() },
                "KeySuffixEquals" => result with { KeySuffixEquals = reader.Text() },
                "HttpErrorCodeReturnedEquals" => result with { HttpErrorCodeReturnedEquals = reader.Int32() },
                _ => result,
            };
        }

        return result;
    }

    static KeyValuePair<string, string> ReadHeader(XmlDocumentReader reader)
    {
        var (key, value) = ("", "");
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            (key, value) = reader.Name switch
            {
                "Key" => (reader.Text().Trim(), value),
                "Equals" => (key, reader.Text().Trim()),
                _ => (key, value),
            };
        }

        return new(key, value);
    }
}

/// <summary>Where to.</summary>
public sealed record RoutingRedirect
{
    /// <summary><c>External</c>, <c>Mirror</c>, <c>AliCDN</c> or <c>Internal</c>.</summary>
    public string? RedirectType { get; init; }

    /// <summary><c>http</c> or <c>https</c>.</summary>
    public string? Protocol { get; init; }

    public string? HostName { get; init; }

    /// <summary>301, 302 or 307.</summary>
    public int? HttpRedirectCode { get; init; }

    /// <summary>What takes the place of the condition's prefix.</summary>
    public string? ReplaceKeyPrefixWith { get; init; }

    /// <summary>Whether the prefix is replaced; if not, <see cref="ReplaceKeyPrefixWith"/> is put in front.</summary>
    public bool? EnableReplacePrefix { get; init; }

    /// <summary>What takes the place of the key, in which <c>${key}</c> is the key.</summary>
    public string? ReplaceKeyWith { get; init; }

    /// <summary>Whether the query goes along.</summary>
    public bool? PassQueryString { get; init; }

    internal void Write(XmlDocumentWriter writer)
    {
        writer.Start("Redirect");
        writer.Element("RedirectType", RedirectType);
        writer.Element("PassQueryString", PassQueryString);
        writer.Element("Protocol", Protocol);
        writer.Element("HostName", HostName);
        writer.Element("HttpRedirectCode", HttpRedirectCode);
        writer.Element("EnableReplacePrefix", EnableReplacePrefix);
        writer.Element("ReplaceKeyPrefixWith", ReplaceKeyPrefixWith);
        writer.Element("ReplaceKeyWith", ReplaceKeyWith);
        writer.End();
    }

    internal static RoutingRedirect Read(XmlDocumentReader reader)
    {
        var result = new RoutingRedirect();
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            result = reader.Name switch
            {
                "RedirectType" => result with { RedirectType = reader.Text().Trim() },
                "Protocol" => result with { Protocol = reader.Text().Trim() },
                "HostName" => result with { HostName = reader.Text().Trim() },
                "HttpRedirectCode" => result with { HttpRedirectCode = reader.Int32() },
                "ReplaceKeyPrefixWith" => result with { ReplaceKeyPrefixWith = reader.Text() },
                "EnableReplacePrefix" => result with { EnableReplacePrefix = reader.Boolean() },
                "ReplaceKeyWith" => result with { ReplaceKeyWith = reader.Text() },
                "PassQueryString" => result with { PassQueryString = reader.Boolean() },
                _ => result,
            };
        }

        return result;
    }
}
