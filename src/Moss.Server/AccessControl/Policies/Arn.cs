using System.Buffers;

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
    static readonly SearchValues<char> OwnerCharacters = SearchValues.Create("0123456789*?");
    static readonly SearchValues<char> BucketCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-?");

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

    /// <summary>
    /// Why it can match nothing that this server has, whatever there is; null when it can. A Deny that is written so would protect nothing.
    /// </summary>
    public string? Fault
    {
        get
        {
            if (_segments is null)
            {
                return null;
            }

            var (service, region, owner, path) = (_segments[0], _segments[1].Text, _segments[2].Text, _segments[3].Text);
            var isOss = service.Matches("oss");
            return service.Text.Any(char.IsAsciiLetterUpper) ? "services are written in small letters"
                : !isOss && !service.Matches("ram") ? null // Another service's: none of ours.
                : isOss && region.Length == 0 ? "the region is empty; * stands for any"
                : owner.Length == 0 ? "the owner is empty; * stands for any"
                : owner.AsSpan().ContainsAnyExcept(OwnerCharacters) ? "the owner is no uid"
                : isOss ? FaultOf(path)
                : null;
        }
    }

    /// <summary>Whether it can match a resource of a service.</summary>
    public bool IsOf(string service) => _segments is null || _segments[0].Matches(service);

    /// <summary>Whether it can match a bucket or anything in it.</summary>
    public bool CanMatchIn(Arn bucket) =>
        Matches(bucket)
        || (_segments is not null
            && _segments[0].Matches(bucket.Service)
            && MatchesRegion(_segments[1], bucket.Region)
            && _segments[2].Matches(bucket.Owner)
            && _segments[3].MatchesSomeLongerThan($"{bucket.Path}/"));

    public bool Matches(Arn resource) =>
        _segments is null
        || (_segments[0].Matches(resource.Service)
            && MatchesRegion(_segments[1], resource.Region)
            && _segments[2].Matches(resource.Owner)
            && (resource.Service == "ram" ? _name : _segments[3]).Matches(resource.Path)); // Names of RAM have no case, keys of objects have.

    static string? FaultOf(string path)
    {
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        var bucket = path.AsSpan(0, path.AsSpan().IndexOfAny('/', '*') is >= 0 and var end ? end : path.Length);
        return slash == 0 ? "it does not begin with a bucket"
            : bucket.ContainsAnyExcept(BucketCharacters) ? "buckets are written in small letters, digits and -"
            : slash == path.Length - 1 && !path.Contains('*', StringComparison.Ordinal) ? "a bucket is written without a /, and what is in it with /*"
            : null;
    }

    // Regions are written with and without the prefix of the endpoint's name.
    static bool MatchesRegion(WildcardPattern pattern, string? region) =>
        region is null || pattern.Matches(region) || pattern.Matches($"oss-{region}");
}
