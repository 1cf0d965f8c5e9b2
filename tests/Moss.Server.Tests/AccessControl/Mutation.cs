namespace Moss.Server.Tests.AccessControl;

/// <summary>Changes documents at random: what a fuzzer does, with a seed that makes every round repeatable.</summary>
static class Mutation
{
    static readonly byte[][] Tokens =
    [
        .. new[]
        {
            "{", "}", "[", "]", ":", ",", "\"", "\\", "\\u0000", "\\ud800", "*", "?", "null", "true", "1e999", "-", "//", "\r\n", "\0",
            "\"Effect\":\"Deny\"", "\"NotAction\":\"oss:*\"", "\"Principal\":[\"*\"]", "\"Condition\":{\"Bool\":{\"acs:SecureTransport\":true}}",
        }.Select(System.Text.Encoding.UTF8.GetBytes),
        [0xFF], [0xC3], [0xED, 0xA0, 0x80],
    ];

    /// <summary>One to four changes: flipped, removed, repeated and inserted bytes, tokens, and pieces of other documents.</summary>
    public static byte[] Of(byte[] document, byte[][] corpus, Random random)
    {
        var bytes = new List<byte>(document);
        for (var changes = random.Next(1, 5); changes > 0; changes--)
        {
            var at = random.Next(bytes.Count + 1);
            var length = Math.Min(random.Next(1, 20), bytes.Count - at);
            switch (random.Next(6))
            {
                case 0 when at < bytes.Count:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes.RemoveRange(at, length);
                    break;
                case 2:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 3:
                    bytes.InsertRange(at, Tokens[random.Next(Tokens.Length)]);
                    break;
                case 4:
                    var other = corpus[random.Next(corpus.Length)];
                    var start = random.Next(other.Length);
                    bytes.InsertRange(at, other[start..Math.Min(other.Length, start + random.Next(1, 60))]);
                    break;
                default:
                    bytes.Insert(at, (byte)random.Next(256));
                    break;
            }
        }

        return [.. bytes];
    }
}
