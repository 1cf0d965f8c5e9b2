using Moss.Protocol.Errors;
using Moss.Server.Operations.Headers;

namespace Moss.Server.Tests.Pipeline;

public sealed class ByteRangeTests
{
    /// <summary>The table of the reference: header, size, then what comes out by default and with standard behaviour.</summary>
    [Theory]
    [InlineData(null, 1000, "200 0-999", "200 0-999")]
    [InlineData("bytes=0-499", 1000, "206 0-499", "206 0-499")]
    [InlineData("bytes=500-", 1000, "206 500-999", "206 500-999")]
    [InlineData("bytes=-500", 1000, "206 500-999", "206 500-999")]
    [InlineData("bytes=999-999", 1000, "206 999-999", "206 999-999")]
    [InlineData("bytes=500-2000", 1000, "200 0-999", "206 500-999")]
    [InlineData("bytes=0-1000", 1000, "200 0-999", "206 0-999")]
    [InlineData("bytes=1000-", 1000, "200 0-999", "416")]
    [InlineData("bytes=1500-2000", 1000, "200 0-999", "416")]
    [InlineData("bytes=-2000", 1000, "200 0-999", "206 0-999")]
    [InlineData("bytes=-1000", 1000, "206 0-999", "206 0-999")]
    [InlineData("bytes=-0", 1000, "416", "416")]
    [InlineData("bytes=9-1", 1000, "200 0-999", "416")]
    [InlineData("bytes=-", 1000, "200 0-999", "200 0-999")]
    [InlineData("bytes=0-1,5-6", 1000, "200 0-999", "200 0-999")]
    [InlineData("bytes=a-b", 1000, "200 0-999", "200 0-999")]
    [InlineData("bytes=+1-2", 1000, "200 0-999", "200 0-999")]
    [InlineData("bytes=1-2x", 1000, "200 0-999", "200 0-999")]
    [InlineData("items=1-2", 1000, "200 0-999", "200 0-999")]
    [InlineData("", 1000, "200 0-999", "200 0-999")]
    [InlineData("Bytes= 1 - 2 ", 1000, "206 1-2", "206 1-2")]
    [InlineData("bytes=0-99999999999999999999", 1000, "200 0-999", "206 0-999")]
    [InlineData("bytes=99999999999999999999-", 1000, "200 0-999", "416")]
    [InlineData("bytes=-99999999999999999999", 1000, "200 0-999", "206 0-999")]
    [InlineData("bytes=0-", 0, "200 0--1", "416")]
    [InlineData("bytes=0-0", 0, "200 0--1", "416")]
    [InlineData("bytes=-1", 0, "200 0--1", "416")]
    public void Resolves_as_the_reference_says(string? header, long size, string byDefault, string standard)
    {
        Assert.Equal(byDefault, Outcome(header, size, isStandard: false));
        Assert.Equal(standard, Outcome(header, size, isStandard: true));
    }

    [Fact]
    public void Whatever_the_header_says_the_range_is_inside_the_object()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        const string alphabet = "0123456789-,=bytes \t+x";
        for (var i = 0; i < 200_000; i++)
        {
            var header = (i % 2 == 0 ? "bytes=" : "") + new string([.. Enumerable.Range(0, random.Next(24)).Select(_ => alphabet[random.Next(alphabet.Length)])]);
            var size = random.Next(3) == 0 ? random.Next(3) : random.NextInt64();
            try
            {
                var range = ByteRange.Resolve(header, size, random.Next(2) == 0);
                Assert.True(
                    range.Offset >= 0 && range.Length >= 0 && range.Length <= size - range.Offset && (!range.IsPartial || range.Length > 0),
                    $"seed {seed}: {header} of {size} gives {range}");
            }
            catch (OssException exception)
            {
                Assert.Equal(OssErrors.InvalidRange, exception.Error);
            }
        }
    }

    static string Outcome(string? header, long size, bool isStandard)
    {
        try
        {
            var range = ByteRange.Resolve(header, size, isStandard);
            return $"{(range.IsPartial ? 206 : 200)} {range.Offset}-{range.Offset + range.Length - 1}";
        }
        catch (OssException exception)
        {
            return $"{exception.Status}";
        }
    }
}
