using System.Buffers.Binary;
using System.Text;
using Moss.Server.Callbacks;
using Moss.Server.Tests.AccessControl;
using Moss.Tests;

namespace Moss.Server.Tests.Callbacks;

public sealed class ImageInfoTests
{
    public static TheoryData<string, byte[], string?> Images => new()
    {
        { "png", Png(1, 2), "png 1x2" },
        { "png beyond 31 bits", Png(0xFFFFFFFF, 0x80000000), "png 4294967295x2147483648" },
        { "png of no size", Png(0, 2), null },
        { "gif", [.. "GIF89a"u8, 3, 0, 4, 0], "gif 3x4" },
        { "bmp", Bmp(5, 6), "bmp 5x6" },
        { "bmp from its top", Bmp(5, -6), "bmp 5x6" },
        { "bmp of the least height", Bmp(5, int.MinValue), "bmp 5x2147483648" },
        { "bmp of a width below nothing", Bmp(-5, 6), null },
        { "bmp of the oldest kind", [.. "BM"u8, .. new byte[12], 12, 0, 0, 0, 7, 0, 8, 0, 1, 0, 24, 0], "bmp 7x8" },
        { "webp", WebP("VP8X", 9, 10), "webp 9x10" },
        { "jpg", [0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 0, 0, 0xFF, 0xC0, 0, 11, 8, 0, 12, 0, 11, 3], "jpg 11x12" },
        { "jpg that ends early", [0xFF, 0xD8, 0xFF, 0xE0, 0xFF, 0xFF, 0, 0, 0xFF, 0xC0, 0], null },
        { "tiff", Tiff(8, 13, 14), "tiff 13x14" },
        { "tiff whose directory is nowhere", Tiff(0x7FFFFFFF, 13, 14), null },
        { "tiff whose directory is beyond 31 bits", Tiff(0xFFFFFFFF, 13, 14), null },
        { "tiff whose directory is its last byte", Tiff(37, 13, 14), null },
        { "text", Encoding.ASCII.GetBytes("hello"), null },
        { "nothing", [], null },
    };

    [Theory]
    [MemberData(nameof(Images))]
    public void An_image_is_measured_and_nothing_else_is(string what, byte[] bytes, string? expected)
    {
        Assert.NotEmpty(what);
        Assert.Equal(expected, ImageInfo.Read(bytes) is { } image ? $"{image.Format} {image.Width}x{image.Height}" : null);
    }

    [Fact]
    [Trait("Kind", "Fuzzing")]
    public void Whatever_the_bytes_are_nothing_is_thrown_and_no_size_is_below_one()
    {
        var seed = Fuzzing.Seed(12);
        var random = new Random(seed);
        var corpus = Images.Select(row => row.Data.Item2).Where(bytes => bytes.Length > 0).ToArray();
        var images = 0;
        foreach (var round in Fuzzing.Rounds(50_000))
        {
            var bytes = Mutation.Of(corpus[random.Next(corpus.Length)], corpus, random);
            try
            {
                if (ImageInfo.Read(bytes) is { } image)
                {
                    images++;
                    Assert.True(image is { Width: > 0, Height: > 0 }, $"seed {seed}, round {round}: {image}");
                }
            }
            catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"seed {seed}, round {round}: {exception}");
            }
        }

        Assert.True(images > 1000, $"only {images} were images");
    }

    public static byte[] Bmp(int width, int height)
    {
        byte[] bytes = [.. "BM"u8, .. new byte[12], 40, .. new byte[31]];
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(18), width);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(22), height);
        return bytes;
    }

    public static byte[] Tiff(uint directory, byte width, byte height)
    {
        byte[] bytes = [.. "II*\0"u8, 0, 0, 0, 0, 2, 0, 0, 1, 4, 0, 1, 0, 0, 0, width, 0, 0, 0, 1, 1, 3, 0, 1, 0, 0, 0, height, 0, 0, 0, .. new byte[4]];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), directory);
        return bytes;
    }

    static byte[] Png(uint width, uint height)
    {
        byte[] bytes = [0x89, .. "PNG\r\n\x1a\n"u8, 0, 0, 0, 13, .. "IHDR"u8, .. new byte[13]];
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(16), width);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(20), height);
        return bytes;
    }

    static byte[] WebP(string kind, byte width, byte height) =>
        [.. "RIFF"u8, 0, 0, 0, 0, .. "WEBP"u8, .. Encoding.ASCII.GetBytes(kind), .. new byte[8], (byte)(width - 1), 0, 0, (byte)(height - 1), 0, 0];
}
