namespace Moss.Protocol.Names;

/// <summary>
/// The id of an object version: opaque text, or <c>null</c> for the version that a bucket without (or with suspended)
/// versioning writes.
/// </summary>
public readonly record struct VersionId(string Value)
{
    /// <summary>The version of a bucket that does not keep versions.</summary>
    public static readonly VersionId Null = new("null");

    /// <summary>Whether this is the <c>null</c> version.</summary>
    public bool IsNull => Value == Null.Value;

    public override string ToString() => Value;
}
