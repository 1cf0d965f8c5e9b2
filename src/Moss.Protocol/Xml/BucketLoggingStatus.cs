namespace Moss.Protocol.Xml;

/// <summary>Where a bucket's access logs go (PutBucketLogging, GetBucketLogging); null where none are kept.</summary>
public sealed record BucketLoggingStatus(LoggingEnabled? LoggingEnabled) : IXmlDocument<BucketLoggingStatus>
{
    public static string Root => "BucketLoggingStatus";

    public void Write(XmlDocumentWriter writer)
    {
        if (LoggingEnabled is { } logging)
        {
            writer.Start("LoggingEnabled");
            writer.Element("TargetBucket", logging.TargetBucket);
            writer.Element("TargetPrefix", logging.TargetPrefix);
            writer.Element("LoggingRole", logging.LoggingRole);
            writer.End();
        }
    }

    public static BucketLoggingStatus Read(XmlDocumentReader reader)
    {
        LoggingEnabled? logging = null;
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            if (reader.Name == "LoggingEnabled")
            {
                logging = ReadEnabled(reader);
            }
        }

        return new(logging);
    }

    static LoggingEnabled ReadEnabled(XmlDocumentReader reader)
    {
        var logging = new LoggingEnabled("");
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            logging = reader.Name switch
            {
                "TargetBucket" => logging with { TargetBucket = reader.Text().Trim() },
                "TargetPrefix" => logging with { TargetPrefix = reader.Text() },
                "LoggingRole" => logging with { LoggingRole = reader.Text().Trim() },
                _ => logging,
            };
        }

        return logging;
    }
}

/// <summary>Where to.</summary>
/// <param name="TargetBucket">The bucket that the logs are stored in.</param>
/// <param name="TargetPrefix">How their keys begin.</param>
/// <param name="LoggingRole">The role that writes them; recorded.</param>
public sealed record LoggingEnabled(string TargetBucket, string TargetPrefix = "", string? LoggingRole = null);
