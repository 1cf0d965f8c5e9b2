using Moss.Protocol.Errors;
using Moss.Protocol.Limits;
using Moss.Protocol.Xml;

namespace Moss.Server.Operations.Headers;

/// <summary>The rules of object tags: at most 10, keys of 1 to 128 and values of up to 256 of letters, digits, space and <c>+ - = . _ : /</c>.</summary>
static class ObjectTags
{
    const string HeaderMessage =
        "The header 'x-oss-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.";

    /// <summary>Parses <c>k=v&amp;k2=v2</c>, each percent-encoded; a missing <c>=</c> means an empty value.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> ParseHeader(string header)
    {
        var tags = new List<KeyValuePair<string, string>>();
        foreach (var pair in header.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? pair : pair[..equals];
            var value = equals < 0 ? "" : pair[(equals + 1)..];
            if (!UrlEncoding.TryDecode(name, plusIsSpace: true, out var key) || !UrlEncoding.TryDecode(value, plusIsSpace: true, out var text)
                || tags.Exists(tag => tag.Key == key))
            {
                throw OssErrors.Argument("x-oss-tagging", header, HeaderMessage);
            }

            tags.Add(new(key, text));
            if (tags.Count > OssLimits.MaxObjectTags)
            {
                break; // Enough to be refused: each one is compared with those before it.
            }
        }

        Check(tags);
        return tags;
    }

    /// <summary>Refuses with <c>InvalidTag</c> what breaks the rules.</summary>
    public static void Check(IReadOnlyList<KeyValuePair<string, string>> tags)
    {
        if (tags.Count > OssLimits.MaxObjectTags)
        {
            throw new OssException(OssErrors.InvalidTag, "Object tags cannot be greater than 10");
        }

        foreach (var (key, value) in tags)
        {
            if (key.Length is 0 or > OssLimits.MaxObjectTagKeyLength || value.Length > OssLimits.MaxObjectTagValueLength
                || !IsText(key) || !IsText(value))
            {
                throw new OssException(OssErrors.InvalidTag, details: [new("TagKey", key), new("TagValue", value)]);
            }
        }

        if (tags.Select(tag => tag.Key).Distinct(StringComparer.Ordinal).Count() != tags.Count)
        {
            throw new OssException(OssErrors.InvalidTag, OssErrors.RepeatedTags.Message);
        }
    }

    static bool IsText(string text) => text.All(c => char.IsLetterOrDigit(c) || " +-=._:/".Contains(c, StringComparison.Ordinal));
}
