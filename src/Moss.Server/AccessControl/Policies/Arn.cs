namespace Moss.Server.AccessControl.Policies;

/// <summary>
/// The resource of a request: <c>acs:{service}:{region}:{owner}:{path}</c>. The path of an OSS resource is <c>bucket</c>, <c>bucket/key</c>, or <c>*</c> for the
/// service as a whole.
/// </summary>
/// <param name="Service"><c>oss</c> or <c>ram</c>.</param>
/// <param name="Region">Null where the server stands for any region: every pattern matches it then.</param>
/// <param name="Owner">The uid of the account that owns it.</param>
/// <param name="Path">What it is.</param>
readonly record struct Arn(string Service, string? Region, string Owner, string Path)
{
    /// <summary>The service as a whole, as one account sees it.</summary>
    public static Arn OfService(string? region, string owner) => new("oss", region, owner, "*");

    public static Arn OfBucket(string? region, string owner, string bucket) => new("oss", region, owner, bucket);

    public static Arn OfObject(string? region, string owner, string bucket, string key) => new("oss", region, owner, $"{bucket}/{key}");

    public static Arn OfRole(string owner, string role) => new("ram", "", owner, $"role/{role}");

    public override string ToString() => $"acs:{Service}:{Region ?? "*"}:{Owner}:{Path}";
}

/// <summary>A pattern for resources. Each segment matches by itself, so that a star in one never swallows the next.</summary>
sealed record ArnPattern
{
    readonly WildcardPattern[]? _segments;
    readonly WildcardPattern _name;

    ArnPattern(string text, WildcardPattern[]? segments)
    {
        Text = text;
        _segments = segments;
        _name = segments is null ? default : new(segments[3].Text, ignoreCase: true);
    }

    public string Text { get; }

    /// <summary>The pattern of the service segment; <c>*</c> for the bare star.</summary>
    public string Service => _segments is null ? "*" : _segments[0].Text;

    /// <summary>Parses <c>*</c> or <c>acs:service:region:owner:path</c>; null for anything else.</summary>
    public static ArnPattern? Parse(string text)
    {
        if (text == "*")
        {
            return new(text, null);
        }

        // The path may hold colons: object keys do.
        var parts = text.Split(':', 5);
        return parts.Length == 5 && parts[0] == "acs" && parts[1].Length > 0 && parts[4].Length > 0
            ? new(text, [.. parts.Skip(1).Select(part => new WildcardPattern(part))])
            : null;
    }

    public bool Matches(Arn resource) =>
        _segments is null
        || (_segments[0].Matches(resource.Service)
            && MatchesRegion(_segments[1], resource.Region)
            && _segments[2].Matches(resource.Owner)
            && (resource.Service == "ram" ? _name : _segments[3]).Matches(resource.Path)); // Names of RAM have no case, keys of objects have.

    // Regions are written with and without the prefix of the endpoint's name.
    static bool MatchesRegion(WildcardPattern pattern, string? region) =>
        region is null || pattern.Matches(region) || pattern.Matches($"oss-{region}");
}
