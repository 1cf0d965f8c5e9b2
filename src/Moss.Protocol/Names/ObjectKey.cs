using System.Text;
using Moss.Protocol.Errors;
using Moss.Protocol.Limits;

namespace Moss.Protocol.Names;

/// <summary>
/// An object's key: 1 to 1,023 bytes of UTF-8 that begin with neither <c>/</c> nor <c>\</c>. Keys are byte strings: no
/// normalisation, <c>.</c>, <c>..</c>, <c>//</c> and control characters are ordinary, and they sort by their UTF-8 bytes.
/// </summary>
public readonly record struct ObjectKey : IComparable<ObjectKey>
{
    /// <summary>Refuses lone surrogates instead of replacing them: two keys must never become one.</summary>
    static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    readonly string? _value;

    ObjectKey(string value) => _value = value;

    /// <summary>The key as text.</summary>
    public string Value => _value ?? "";

    /// <summary>The key as it is stored and compared.</summary>
    public byte[] ToUtf8() => Strict.GetBytes(Value);

    /// <summary>The key that these bytes spell. For engines reading back what they stored: nothing is checked.</summary>
    public static ObjectKey FromStored(ReadOnlySpan<byte> utf8) => new(Strict.GetString(utf8));

    /// <summary>Parses a key, or refuses with <c>InvalidObjectName</c> and the documented message.</summary>
    public static ObjectKey Parse(string text)
    {
        if (text.Length == 0)
        {
            throw Invalid(text, "The Object name can not be empty.");
        }

        int bytes;
        try
        {
            bytes = Strict.GetByteCount(text);
        }
        catch (EncoderFallbackException)
        {
            throw Invalid(text, OssErrors.InvalidObjectName.Message);
        }

        return bytes > OssLimits.MaxKeyBytes ? throw Invalid(text, "The Length of Object name must be less than 1024.")
            : text[0] is '/' or '\\' ? throw Invalid(text, OssErrors.InvalidObjectName.Message)
            : new(text);
    }

    /// <summary>Parses a key given as UTF-8 bytes; bytes that are not UTF-8 are refused like any other bad key.</summary>
    public static ObjectKey Parse(ReadOnlySpan<byte> utf8)
    {
        string text;
        try
        {
            text = Strict.GetString(utf8);
        }
        catch (DecoderFallbackException)
        {
            throw new OssException(OssErrors.InvalidObjectName);
        }

        return Parse(text);
    }

    public int CompareTo(ObjectKey other) => Utf8Order.Compare(Value, other.Value);

    public static bool operator <(ObjectKey left, ObjectKey right) => left.CompareTo(right) < 0;

    public static bool operator >(ObjectKey left, ObjectKey right) => left.CompareTo(right) > 0;

    public static bool operator <=(ObjectKey left, ObjectKey right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ObjectKey left, ObjectKey right) => left.CompareTo(right) >= 0;

    public override string ToString() => Value;

    static OssException Invalid(string text, string message) =>
        new(OssErrors.InvalidObjectName, message, details: [new("ObjectName", text)]);
}
