using System.Security.Cryptography;
using System.Text;
using Moss.Protocol.Hashing;

namespace Moss.Server.Tests.Support;

/// <summary>Test content, and what the protocol says of it.</summary>
static class Bytes
{
    public static byte[] Of(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>Content that differs at every offset and with every seed.</summary>
    public static byte[] Random(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static string ETag(byte[] body) => $"\"{Convert.ToHexString(MD5.HashData(body))}\"";

    public static string Md5(byte[] body) => Convert.ToBase64String(MD5.HashData(body));

    public static string Crc(byte[] body) => Crc64.Compute(body).ToString(null, null);
}
