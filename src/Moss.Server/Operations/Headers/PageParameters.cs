using System.Globalization;
using Moss.Protocol.Errors;
using Moss.Protocol.Limits;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Headers;

/// <summary>What the listings have in common in their queries.</summary>
static class PageParameters
{
    /// <summary>A page size from 1 to 1,000.</summary>
    public static int Size(OssContext context, string name, int ifAbsent)
    {
        var text = context.Query.Given(name);
        return text is null ? ifAbsent
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size is >= 1 and <= OssLimits.MaxListPage ? size
            : throw OssErrors.Argument(name, text, $"Argument {name} must be an integer between 1 and {OssLimits.MaxListPage}.");
    }

    /// <summary>Whether names are to be percent-encoded: <c>encoding-type=url</c> is the only kind.</summary>
    public static bool IsUrlEncoded(OssContext context) => context.Query.Given("encoding-type") switch
    {
        null => false,
        "url" => true,
        var text => throw OssErrors.Argument("encoding-type", text, "Invalid Encoding Method specified in Request"),
    };

    /// <summary>A prefix, marker or delimiter: a key or a part of one, so at most as long.</summary>
    public static string Text(OssContext context, string name)
    {
        var text = context.Query[name] ?? "";
        return System.Text.Encoding.UTF8.GetByteCount(text) <= OssLimits.MaxKeyBytes
            ? text
            : throw OssErrors.Argument(name, text, $"The length of {name} must be less than 1024.");
    }
}
