namespace Moss.Protocol.Xml;

/// <summary>The body of InitiateBucketWorm.</summary>
public sealed record InitiateWormConfiguration(int RetentionPeriodInDays) : IXmlDocument<InitiateWormConfiguration>
{
    public static string Root => "InitiateWormConfiguration";

    public void Write(XmlDocumentWriter writer) => writer.Element("RetentionPeriodInDays", RetentionPeriodInDays);

    public static InitiateWormConfiguration Read(XmlDocumentReader reader) => new(ReadDays(reader));

    internal static int ReadDays(XmlDocumentReader reader)
    {
        var days = 0;
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            if (reader.Name == "RetentionPeriodInDays")
            {
                days = reader.Int32();
            }
        }

        return days;
    }
}

/// <summary>The body of ExtendBucketWorm.</summary>
public sealed record ExtendWormConfiguration(int RetentionPeriodInDays) : IXmlDocument<ExtendWormConfiguration>
{
    public static string Root => "ExtendWormConfiguration";

    public void Write(XmlDocumentWriter writer) => writer.Element("RetentionPeriodInDays", RetentionPeriodInDays);

    public static ExtendWormConfiguration Read(XmlDocumentReader reader) => new(InitiateWormConfiguration.ReadDays(reader));
}

/// <summary>The answer of GetBucketWorm.</summary>
public sealed record WormConfiguration : IXmlDocument<WormConfiguration>
{
    public static string Root => "WormConfiguration";

    public string WormId { get; init; } = "";

    /// <summary><c>InProgress</c> or <c>Locked</c>.</summary>
    public string State { get; init; } = "";

    public int RetentionPeriodInDays { get; init; }

    public DateTimeOffset CreationDate { get; init; }

    /// <summary>When it lapses unless it is locked; null once it is.</summary>
    public DateTimeOffset? ExpirationDate { get; init; }

    public void Write(XmlDocumentWriter writer)
    {
        writer.Element("WormId", WormId);
        writer.Element("State", State);
        writer.Element("RetentionPeriodInDays", RetentionPeriodInDays);
        writer.Element("CreationDate", CreationDate);
        writer.Element("ExpirationDate", ExpirationDate);
    }

    public static WormConfiguration Read(XmlDocumentReader reader)
    {
        var worm = new WormConfiguration();
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            worm = reader.Name switch
            {
                "WormId" => worm with { WormId = reader.Text() },
                "State" => worm with { State = reader.Text() },
                "RetentionPeriodInDays" => worm with { RetentionPeriodInDays = reader.Int32() },
                "CreationDate" => worm with { CreationDate = reader.Time() },
                "ExpirationDate" => worm with { ExpirationDate = reader.Time() },
                _ => worm,
            };
        }

        return worm;
    }
}
