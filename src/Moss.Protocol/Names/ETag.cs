namespace Moss.Protocol.Names;

/// <summary>
/// An entity tag. On the wire it stands in double quotes, in upper-case hex: the MD5 of a Normal object or part,
/// <c>MD5-N</c> of a Multipart object, opaque otherwise.
/// </summary>
public readonly record struct ETag
{
    readonly string? _value;

    /// <summary>Takes a tag with or without its quotes.</summary>
    public ETag(string value) => _value = Unquote(value);

    /// <summary>The tag without quotes.</summary>
    public string Value => _value ?? "";

    /// <summary>The tag as headers and XML carry it, in double quotes.</summary>
    public string Quoted => $"\"{Value}\"";

    /// <summary>The tag of a body with this MD5.</summary>
    public static ETag OfMd5(ReadOnlySpan<byte> md5) => new(Convert.ToHexString(md5));

    /// <summary>Whether two tags name the same content; hex case and quotes do not count.</summary>
    public bool Matches(string other) => string.Equals(Value, Unquote(other), StringComparison.OrdinalIgnoreCase);

    public override string ToString() => Value;

    static string Unquote(string text)
    {
        var span = text.AsSpan().Trim();
        if (span.StartsWith("W/", StringComparison.Ordinal))
        {
            span = span[2..];
        }

        return span.Length >= 2 && span[0] == '"' && span[^1] == '"' ? span[1..^1].ToString() : span.Trim('"').ToString();
    }
}
