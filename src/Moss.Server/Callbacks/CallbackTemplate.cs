using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Moss.Protocol.Signing;

namespace Moss.Server.Callbacks;

/// <summary>
/// Fills in the variables of a callback's body. In a form each value is percent-encoded; in JSON a text becomes a quoted string and a number stays one, so that templates are
/// written without quotes around variables. Unknown variables are empty.
/// </summary>
static class CallbackTemplate
{
    /// <param name="template">With <c>${name}</c> for variables.</param>
    /// <param name="isJson">Whether the body is JSON, otherwise it is a form.</param>
    /// <param name="valueOf">The value of a variable: a text, a number, or null for none.</param>
    public static string Fill(string template, bool isJson, Func<string, object?> valueOf)
    {
        var result = new StringBuilder(template.Length);
        var at = 0;
        while (at < template.Length)
        {
            var start = template.IndexOf("${", at, StringComparison.Ordinal);
            var end = start < 0 ? -1 : template.IndexOf('}', start);
            if (end < 0)
            {
                break;
            }

            result.Append(template, at, start - at).Append(Written(valueOf(template[(start + 2)..end]), isJson));
            at = end + 1;
        }

        return result.Append(template, at, template.Length - at).ToString();
    }

    static string Written(object? value, bool isJson) => value switch
    {
        long number => number.ToString(System.Globalization.CultureInfo.InvariantCulture),
        string text when isJson => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"",
        string text => PercentEncoding.Encode(text),
        _ => isJson ? "\"\"" : "",
    };
}
