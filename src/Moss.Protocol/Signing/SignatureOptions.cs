using System.Collections.Frozen;

namespace Moss.Protocol.Signing;

/// <summary>What a server accepts in signatures.</summary>
public sealed record SignatureOptions
{
    /// <summary>How far the date of a request may be from the server's clock, either way (15 minutes by the documentation).</summary>
    public static readonly TimeSpan MaxSkew = TimeSpan.FromMinutes(15);

    /// <summary>The longest validity of a V4 URL: 7 days.</summary>
    public static readonly TimeSpan MaxUrlLifetime = TimeSpan.FromSeconds(604_800);

    /// <summary>Regions accepted in a V4 scope, without the <c>oss-</c> prefix; empty accepts any.</summary>
    public IReadOnlySet<string> Regions { get; init; } = FrozenSet<string>.Empty;

    /// <summary>Products accepted in a V4 scope.</summary>
    public IReadOnlySet<string> Products { get; init; } = FrozenSet.Create(StringComparer.Ordinal, "oss", "oss-cloudbox");
}
