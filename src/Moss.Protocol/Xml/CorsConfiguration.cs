namespace Moss.Protocol.Xml;

/// <summary>Which pages of other origins may read a bucket's answers (PutBucketCors, GetBucketCors).</summary>
/// <param name="Rules">In order: the first one that matches counts.</param>
/// <param name="ResponseVary">Whether every answer says <c>Vary: Origin</c>.</param>
public sealed record CorsConfiguration(IReadOnlyList<CorsRule> Rules, bool ResponseVary = false) : IXmlDocument<CorsConfiguration>
{
    public static string Root => "CORSConfiguration";

    public void Write(XmlDocumentWriter writer)
    {
        foreach (var rule in Rules)
        {
            writer.Start("CORSRule");
            writer.Elements("AllowedOrigin", rule.AllowedOrigins);
            writer.Elements("AllowedMethod", rule.AllowedMethods);
            writer.Elements("AllowedHeader", rule.AllowedHeaders);
            writer.Elements("ExposeHeader", rule.ExposeHeaders);
            writer.Element("MaxAgeSeconds", rule.MaxAgeSeconds);
            writer.End();
        }

        writer.Element("ResponseVary", ResponseVary);
    }

    public static CorsConfiguration Read(XmlDocumentReader reader)
    {
        var rules = new List<CorsRule>();
        var vary = false;
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            switch (reader.Name)
            {
                case "CORSRule":
                    rules.Add(ReadRule(reader));
                    break;
                case "ResponseVary":
                    vary = reader.Boolean();
                    break;
            }
        }

        return new(rules, vary);
    }

    static CorsRule ReadRule(XmlDocumentReader reader)
    {
        List<string> origins = [], methods = [], headers = [], exposed = [];
        long? maxAge = null;
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            switch (reader.Name)
            {
                case "AllowedOrigin":
                    origins.Add(reader.Text().Trim());
                    break;
                case "AllowedMethod":
                    methods.Add(reader.Text().Trim());
                    break;
                case "AllowedHeader":
                    headers.Add(reader.Text().Trim());
                    break;
                case "ExposeHeader":
                    exposed.Add(reader.Text().Trim());
                    break;
                case "MaxAgeSeconds":
                    maxAge = reader.Int64();
                    break;
            }
        }

        return new(origins, methods) { AllowedHeaders = headers, ExposeHeaders = exposed, MaxAgeSeconds = maxAge };
    }
}

/// <summary>One rule for pages of other origins.</summary>
/// <param name="AllowedOrigins">Each with at most one <c>*</c>.</param>
/// <param name="AllowedMethods"><c>GET</c>, <c>PUT</c>, <c>DELETE</c>, <c>POST</c>, <c>HEAD</c>.</param>
public sealed record CorsRule(IReadOnlyList<string> AllowedOrigins, IReadOnlyList<string> AllowedMethods)
{
    /// <summary>Request headers that a page may set; each with at most one <c>*</c>.</summary>
    public IReadOnlyList<string> AllowedHeaders { get; init; } = [];

    /// <summary>Response headers that a page may read.</summary>
    public IReadOnlyList<string> ExposeHeaders { get; init; } = [];

    /// <summary>How long a browser may remember the answer to its preflight, in seconds: 0 to 999,999,999.</summary>
    public long? MaxAgeSeconds { get; init; }
}
