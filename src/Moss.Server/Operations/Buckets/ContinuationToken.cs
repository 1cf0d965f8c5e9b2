using System.Text;
using Moss.Protocol.Errors;
using Moss.Protocol.Limits;

namespace Moss.Server.Operations.Buckets;

/// <summary>
/// Where a ListObjectsV2 goes on: the last key or prefix, in an alphabet (<c>A-Z a-z 0-9 . _ -</c>) that survives every client's encoding and
/// decoding. Looks like the service's: base64 with <c>-</c> padding of one length-prefixed field.
/// </summary>
static class ContinuationToken
{
    const byte FieldTag = 0x0a;

    static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static string Encode(string key)
    {
        var utf8 = Strict.GetBytes(key);
        var message = new List<byte>(utf8.Length + 3) { FieldTag };
        var length = utf8.Length;
        for (; length >= 0x80; length >>= 7)
        {
            message.Add((byte)(length | 0x80));
        }

        message.Add((byte)length);
        message.AddRange(utf8);
        return Convert.ToBase64String([.. message]).Replace('+', '.').Replace('/', '_').Replace('=', '-');
    }

    /// <exception cref="OssException"><c>InvalidArgument</c>: not a token of this server.</exception>
    public static string Decode(string token)
    {
        try
        {
            var message = Convert.FromBase64String(token.Replace('.', '+').Replace('_', '/').Replace('-', '='));
            var (length, start) = (0, 1);
            for (var shift = 0; start < message.Length && start <= 3; shift += 7)
            {
                var b = message[start++];
                length |= (b & 0x7f) << shift;
                if (b < 0x80)
                {
                    break;
                }
            }

            if (message.Length > 1 && message[0] == FieldTag && length == message.Length - start && length is > 0 and <= OssLimits.MaxKeyBytes)
            {
                return Strict.GetString(message, start, length);
            }
        }
        catch (Exception malformed) when (malformed is FormatException or DecoderFallbackException)
        {
        }

        throw OssErrors.Argument("continuation-token", token, "The continuation token provided is incorrect");
    }
}
