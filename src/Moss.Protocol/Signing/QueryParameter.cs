namespace Moss.Protocol.Signing;

/// <summary>One parameter of a query: as it stood on the wire, and decoded.</summary>
public readonly record struct QueryParameter
{
    QueryParameter(string rawName, string rawValue, bool hasEquals, string name, string value)
    {
        RawName = rawName;
        RawValue = rawValue;
        HasEquals = hasEquals;
        Name = name;
        Value = value;
    }

    /// <summary>The name as sent.</summary>
    public string RawName { get; }

    /// <summary>The value as sent; empty when there was none.</summary>
    public string RawValue { get; }

    /// <summary>Tells <c>k=</c> from <c>k</c>.</summary>
    public bool HasEquals { get; }

    /// <summary>The decoded name.</summary>
    public string Name { get; }

    /// <summary>The decoded value; <c>+</c> counts as a blank.</summary>
    public string Value { get; }

    /// <summary>One parameter from its wire text.</summary>
    public static QueryParameter FromWire(string rawName, string rawValue, bool hasEquals) =>
        new(rawName, rawValue, hasEquals, PercentEncoding.DecodeQuery(rawName), PercentEncoding.DecodeQuery(rawValue));

    /// <summary>One parameter from decoded text, to be sent in the canonical encoding; a null value goes without <c>=</c>.</summary>
    public static QueryParameter FromText(string name, string? value) =>
        new(PercentEncoding.Encode(name), PercentEncoding.Encode(value ?? ""), value is not null, name, value ?? "");

    /// <summary>
    /// Splits a raw query (with or without its <c>?</c>) at <c>&amp;</c> and at the first <c>=</c>. Empty pieces are left out,
    /// repeated names stay in order. Every input has a reading.
    /// </summary>
    public static IReadOnlyList<QueryParameter> Parse(string rawQuery)
    {
        var rest = rawQuery.AsSpan();
        if (rest.StartsWith('?'))
        {
            rest = rest[1..];
        }

        if (rest.IsEmpty)
        {
            return [];
        }

        var parameters = new List<QueryParameter>(rest.Count('&') + 1);
        foreach (var range in rest.Split('&'))
        {
            var piece = rest[range];
            if (piece.IsEmpty)
            {
                continue;
            }

            var equals = piece.IndexOf('=');
            parameters.Add(equals < 0
                ? FromWire(piece.ToString(), "", hasEquals: false)
                : FromWire(piece[..equals].ToString(), piece[(equals + 1)..].ToString(), hasEquals: true));
        }

        return parameters;
    }

    /// <summary>The same parameter with <c>+</c> standing for itself, for a request that was signed so.</summary>
    public QueryParameter WithLiteralPlus() =>
        new(
            RawName,
            RawValue,
            HasEquals,
            PercentEncoding.DecodeQuery(RawName, literalPlus: true),
            PercentEncoding.DecodeQuery(RawValue, literalPlus: true));

    /// <summary>The wire text.</summary>
    public override string ToString() => HasEquals ? $"{RawName}={RawValue}" : RawName;
}
