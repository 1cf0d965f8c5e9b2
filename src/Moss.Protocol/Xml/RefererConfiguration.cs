namespace Moss.Protocol.Xml;

/// <summary>Which pages may use a bucket's objects (PutBucketReferer, GetBucketReferer).</summary>
public sealed record RefererConfiguration : IXmlDocument<RefererConfiguration>
{
    /// <summary>Whether requests that name no page are served.</summary>
    public bool AllowEmptyReferer { get; init; } = true;

    /// <summary>Whether a page is matched without its query.</summary>
    public bool? AllowTruncateQueryString { get; init; }

    /// <summary>Whether a page is matched without its path and what follows.</summary>
    public bool? TruncatePath { get; init; }

    /// <summary>The pages that are served; <c>*</c> and <c>?</c> are wildcards. Empty: all that are not refused.</summary>
    public IReadOnlyList<string> RefererList { get; init; } = [];

    /// <summary>The pages that are refused, whatever <see cref="RefererList"/> says.</summary>
    public IReadOnlyList<string> RefererBlacklist { get; init; } = [];

    public static string Root => "RefererConfiguration";

    public void Write(XmlDocumentWriter writer)
    {
        writer.Element("AllowEmptyReferer", AllowEmptyReferer);
        writer.Element("AllowTruncateQueryString", AllowTruncateQueryString);
        writer.Element("TruncatePath", TruncatePath);
        writer.Start("RefererList");
        writer.Elements("Referer", RefererList);
        writer.End();
        if (RefererBlacklist.Count > 0)
        {
            writer.Start("RefererBlacklist");
            writer.Elements("Referer", RefererBlacklist);
            writer.End();
        }
    }

    public static RefererConfiguration Read(XmlDocumentReader reader)
    {
        var result = new RefererConfiguration();
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            result = reader.Name switch
            {
                "AllowEmptyReferer" => result with { AllowEmptyReferer = reader.Boolean() },
                "AllowTruncateQueryString" => result with { AllowTruncateQueryString = reader.Boolean() },
                "TruncatePath" => result with { TruncatePath = reader.Boolean() },
                "RefererList" => result with { RefererList = reader.Texts("Referer") },
                "RefererBlacklist" => result with { RefererBlacklist = reader.Texts("Referer") },
                _ => result,
            };
        }

        return result;
    }
}
