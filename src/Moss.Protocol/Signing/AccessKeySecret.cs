using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace Moss.Protocol.Signing;

/// <summary>
/// The secret half of an access key. It prints as <c>***</c>, so that no log line, error or record can give it away;
/// only <see cref="Reveal"/> hands the text out.
/// </summary>
[DebuggerDisplay("***")]
public sealed class AccessKeySecret : IEquatable<AccessKeySecret>
{
    readonly byte[] _utf8;

    /// <summary>A secret from its text.</summary>
    /// <exception cref="ArgumentException">The text is empty.</exception>
    public AccessKeySecret(string secret)
    {
        ArgumentException.ThrowIfNullOrEmpty(secret);
        _utf8 = Encoding.UTF8.GetBytes(secret);
    }

    /// <summary>The bytes that key the HMAC.</summary>
    internal ReadOnlySpan<byte> Utf8 => _utf8;

    /// <summary>The text itself, for the one place that stores or shows it on purpose.</summary>
    public string Reveal() => Encoding.UTF8.GetString(_utf8);

    /// <summary>Compares in a time that depends on the lengths alone.</summary>
    public bool Equals(AccessKeySecret? other) =>
        other is not null && CryptographicOperations.FixedTimeEquals(_utf8, other._utf8);

    public override bool Equals(object? obj) => Equals(obj as AccessKeySecret);

    public override int GetHashCode() => _utf8.Length; // A hash of the content would be one more place that knows it.

    /// <summary>Always <c>***</c>.</summary>
    public override string ToString() => "***";
}
