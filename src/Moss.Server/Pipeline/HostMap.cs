using System.Net;

namespace Moss.Server.Pipeline;

/// <summary>How a request says which bucket it means.</summary>
enum Addressing
{
    /// <summary><c>host/bucket/key</c>.</summary>
    Path,

    /// <summary><c>bucket.domain/key</c>.</summary>
    VirtualHost,

    /// <summary>A host that is mapped to a bucket.</summary>
    Cname,
}

/// <summary>Hosts that stand for a bucket. The hook for bound domain names; empty until they can be bound.</summary>
interface ICnameTable
{
    /// <summary>The bucket of a host in lower case, without port; null for a host that is not bound.</summary>
    string? FindBucket(string host);
}

/// <summary>No host is bound.</summary>
sealed class NoCnames : ICnameTable
{
    public static readonly NoCnames Instance = new();

    public string? FindBucket(string host) => null;
}

/// <summary>
/// Reads the bucket from the host: <c>bucket.domain</c> for a known domain, or a bound host. Addresses and unknown hosts name no bucket: there
/// the first segment of the path is it, as every SDK has it for addresses.
/// </summary>
sealed class HostMap(IEnumerable<string> domains, ICnameTable cnames)
{
    // The longest first, so that of nested domains the more exact one counts.
    readonly string[] _domains =
        [.. domains.Select(domain => domain.Trim('.').ToLowerInvariant()).OrderByDescending(domain => domain.Length)];

    /// <summary>The addressing of a host and the bucket text it names (not checked); null where the path names it.</summary>
    public (Addressing Addressing, string? Bucket) Resolve(string host)
    {
        // A dot in front: npm ali-oss puts an empty bucket before the domain when it has none.
        var name = WithoutPort(host).ToLowerInvariant().Trim('.');
        if (name.Length == 0 || name[0] == '[' || IPAddress.TryParse(name, out _))
        {
            return (Addressing.Path, null);
        }

        foreach (var domain in _domains)
        {
            if (name == domain)
            {
                return (Addressing.Path, null);
            }

            if (name.Length > domain.Length + 1 && name[^(domain.Length + 1)] == '.'
                && name.EndsWith(domain, StringComparison.Ordinal))
            {
                return (Addressing.VirtualHost, name[..^(domain.Length + 1)]);
            }
        }

        if (PublicDomain(name) is { } known)
        {
            return name == known ? (Addressing.Path, null) : (Addressing.VirtualHost, name[..^(known.Length + 1)]);
        }

        return cnames.FindBucket(name) is { } bucket ? (Addressing.Cname, bucket) : (Addressing.Path, null);
    }

    /// <summary>
    /// The configured domain that a host is or lies below, with its port where that is the one given or none was named; null for every other host, of which nobody knows whose it is.
    /// </summary>
    public string? OwnHostOf(string host, int port)
    {
        var bare = WithoutPort(host);
        var name = bare.ToLowerInvariant().Trim('.');
        var own = _domains.FirstOrDefault(domain => name == domain || name.EndsWith($".{domain}", StringComparison.Ordinal));
        return own is null ? null
            : host.Length == bare.Length ? own
            : host.AsSpan(bare.Length).SequenceEqual($":{port}") ? $"{own}:{port}"
            : null;
    }

    // The public service's own domains, oss-REGION.aliyuncs.com: npm ali-oss puts one into the Host header when its endpoint is an IP address,
    // whatever region it was told.
    static string? PublicDomain(string name)
    {
        const string suffix = ".aliyuncs.com";
        if (!name.EndsWith(suffix, StringComparison.Ordinal))
        {
            return null;
        }

        var dot = name.LastIndexOf('.', name.Length - suffix.Length - 1);
        var domain = name[(dot + 1)..];
        return domain.StartsWith("oss-", StringComparison.Ordinal) ? domain : null;
    }

    /// <summary>A Host header without its port.</summary>
    public static string WithoutPort(string host)
    {
        var bracket = host.LastIndexOf(']');
        var colon = host.IndexOf(':', bracket + 1);
        return colon < 0 ? host : host[..colon];
    }
}
