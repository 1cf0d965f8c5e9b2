using System.Buffers.Binary;

namespace Moss.Server.Callbacks;

/// <summary>Format and size of an image, from its first bytes.</summary>
/// <param name="Format"><c>jpg</c>, <c>png</c>, <c>gif</c>, <c>bmp</c>, <c>webp</c> or <c>tiff</c>.</param>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
readonly record struct ImageInfo(string Format, long Width, long Height)
{
    /// <summary>A JPEG's size may stand behind 64 KB of a camera's notes, and a second such block.</summary>
    public const int NeededBytes = 256 * 1024;

    /// <summary>Null when these are no image's bytes, or do not reach to its size, or say that it has none. Nothing is thrown, whatever the bytes are.</summary>
    public static ImageInfo? Read(ReadOnlySpan<byte> head) => Measure(head) is { Width: > 0, Height: > 0 } image ? image : null;

    static ImageInfo? Measure(ReadOnlySpan<byte> head) =>
        head.Length >= 24 && head[0] == 0x89 && head[1..8].SequenceEqual("PNG\r\n\x1a\n"u8) ? new("png", Big32(head[16..]), Big32(head[20..]))
        : head.Length >= 10 && (head.StartsWith("GIF87a"u8) || head.StartsWith("GIF89a"u8)) ? new("gif", Little16(head[6..]), Little16(head[8..]))
        : head.Length >= 26 && head.StartsWith("BM"u8) ? Bmp(head)
        : head.Length >= 30 && head.StartsWith("RIFF"u8) && head[8..12].SequenceEqual("WEBP"u8) ? WebP(head)
        : head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8]) ? Jpeg(head)
        : head.StartsWith("II*\0"u8) || head.StartsWith("MM\0*"u8) ? Tiff(head)
        : null;

    // The height of an image that is stored from its top down is negative.
    static ImageInfo? Bmp(ReadOnlySpan<byte> head)
    {
        const int CoreHeader = 12;
        return Little32(head[14..]) == CoreHeader
            ? new("bmp", Little16(head[18..]), Little16(head[20..]))
            : new("bmp", (int)Little32(head[18..]), Math.Abs((long)(int)Little32(head[22..])));
    }

    static ImageInfo? WebP(ReadOnlySpan<byte> head)
    {
        var kind = head[12..16];
        if (kind.SequenceEqual("VP8 "u8))
        {
            return new("webp", Little16(head[26..]) & 0x3FFF, Little16(head[28..]) & 0x3FFF);
        }

        if (kind.SequenceEqual("VP8L"u8))
        {
            var bits = Little32(head[21..]);
            return new("webp", (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1);
        }

        return kind.SequenceEqual("VP8X"u8) ? new("webp", Little24(head[24..]) + 1, Little24(head[27..]) + 1) : null;
    }

    // Segments of a marker and a length, up to the one that says how the frame is made.
    static ImageInfo? Jpeg(ReadOnlySpan<byte> head)
    {
        var at = 2;
        while (at + 9 <= head.Length)
        {
            if (head[at] != 0xFF)
            {
                return null;
            }

            var marker = head[at + 1];
            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
            {
                return new("jpg", Big16(head[(at + 7)..]), Big16(head[(at + 5)..]));
            }

            // Fill bytes and markers without a length.
            at += marker == 0xFF ? 1 : marker is 0x01 or (>= 0xD0 and <= 0xD8) ? 2 : 2 + Big16(head[(at + 2)..]);
        }

        return null;
    }

    // The first directory's entries 256 and 257.
    static ImageInfo? Tiff(ReadOnlySpan<byte> head)
    {
        var isLittle = head[0] == 'I';
        var directory = head.Length >= 8 ? Number32(head[4..], isLittle) : 0;
        if (directory < 8 || directory > head.Length - 2)
        {
            return null;
        }

        var (width, height) = (0L, 0L);
        var at = (int)directory;
        var entries = Number16(head[at..], isLittle);
        for (at += 2; entries > 0 && at <= head.Length - 12; entries--, at += 12)
        {
            var isShort = Number16(head[(at + 2)..], isLittle) == 3;
            var value = isShort ? Number16(head[(at + 8)..], isLittle) : Number32(head[(at + 8)..], isLittle);
            switch (Number16(head[at..], isLittle))
            {
                case 256:
                    width = value;
                    break;
                case 257:
                    height = value;
                    break;
            }
        }

        return new("tiff", width, height);
    }

    static int Number16(ReadOnlySpan<byte> at, bool isLittle) => isLittle ? Little16(at) : Big16(at);

    static long Number32(ReadOnlySpan<byte> at, bool isLittle) => isLittle ? Little32(at) : Big32(at);

    static int Big16(ReadOnlySpan<byte> at) => BinaryPrimitives.ReadUInt16BigEndian(at);

    static long Big32(ReadOnlySpan<byte> at) => BinaryPrimitives.ReadUInt32BigEndian(at);

    static int Little16(ReadOnlySpan<byte> at) => BinaryPrimitives.ReadUInt16LittleEndian(at);

    static int Little24(ReadOnlySpan<byte> at) => at[0] | (at[1] << 8) | (at[2] << 16);

    static uint Little32(ReadOnlySpan<byte> at) => BinaryPrimitives.ReadUInt32LittleEndian(at);
}
