using Moss.Protocol.Errors;
using Moss.Protocol.Signing;
using Moss.Protocol.Xml;

namespace Moss.Server.Pipeline;

/// <summary>The query of a request, decoded once. Where a name is repeated, the first value counts (V1 URL signatures say so).</summary>
sealed class QueryParameters
{
    public static readonly QueryParameters Empty = new([]);

    QueryParameters(IReadOnlyList<QueryParameter> items) => Items = items;

    /// <summary>Every parameter in wire order.</summary>
    public IReadOnlyList<QueryParameter> Items { get; }

    /// <summary>The decoded value; empty when the name stands alone; null when it does not occur.</summary>
    public string? this[string name]
    {
        get
        {
            for (var i = 0; i < Items.Count; i++)
            {
                if (string.Equals(Items[i].Name, name, StringComparison.Ordinal))
                {
                    return Items[i].Value;
                }
            }

            return null;
        }
    }

    public bool Contains(string name) => this[name] is not null;

    /// <summary>The decoded value, or null when it is empty or does not occur: SDKs send both for "not set".</summary>
    public string? Given(string name) => this[name] is { Length: > 0 } value ? value : null;

    /// <summary>Parses what stands behind the question mark.</summary>
    /// <exception cref="OssException"><c>InvalidArgument</c>: a broken escape, or bytes that are not UTF-8.</exception>
    public static QueryParameters Parse(string raw)
    {
        if (raw.Length == 0)
        {
            return Empty;
        }

        // The decoding below has a reading for every input; a server refuses what has no single one. It takes off one question mark: a second
        // one belongs to the first name (an old Go client sends ??objectMeta and means a plain GET).
        return UrlEncoding.TryDecode(raw, plusIsSpace: true, out _)
            ? new(QueryParameter.Parse("?" + raw))
            : throw new OssException(OssErrors.InvalidArgument, "The query is not percent-encoded UTF-8.");
    }

    /// <summary>The same query as its signer read it.</summary>
    public QueryParameters WithLiteralPlus() => new([.. Items.Select(item => item.WithLiteralPlus())]);

    /// <summary>The same query without these names.</summary>
    public QueryParameters Without(IReadOnlyList<string> names) => new([.. Items.Where(item => !names.Contains(item.Name))]);
}
