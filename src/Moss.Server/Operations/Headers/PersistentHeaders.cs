using System.Buffers;
using System.Text;
using Moss.Protocol.Errors;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Headers;

/// <summary><c>x-oss-persistent-headers: name:base64,name:base64</c>: extra headers of later downloads.</summary>
static class PersistentHeaders
{
    const string Name = "x-oss-persistent-headers";

    static readonly SearchValues<char> Token =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~");

    // Headers that frame the answer, or that the server owns: an object must not forge them.
    static readonly string[] Reserved =
    [
        "Connection", "Content-Length", "Content-MD5", "Content-Range", "Date", "ETag", "Keep-Alive", "Last-Modified", "Server", "Set-Cookie", "Trailer",
        "Transfer-Encoding", "Upgrade",
    ];

    public static IReadOnlyList<KeyValuePair<string, string>> Read(OssContext context)
    {
        if (context.GivenHeader(Name) is not { } header)
        {
            return [];
        }

        var result = new List<KeyValuePair<string, string>>();
        foreach (var item in header.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = item.IndexOf(':', StringComparison.Ordinal);
            var value = new byte[item.Length];
            if (colon <= 0 || item.AsSpan(0, colon).ContainsAnyExcept(Token) || IsReserved(item[..colon])
                || !Convert.TryFromBase64String(item[(colon + 1)..], value, out var length)
                || !HeaderText.IsSafe(Encoding.Latin1.GetString(value, 0, length)))
            {
                throw OssErrors.Argument(Name, header, "The persistent headers are not valid.");
            }

            result.Add(new(item[..colon], Encoding.Latin1.GetString(value, 0, length)));
        }

        return result;
    }

    static bool IsReserved(string name) =>
        name.StartsWith("x-oss-", StringComparison.OrdinalIgnoreCase) || Reserved.Contains(name, StringComparer.OrdinalIgnoreCase);
}
