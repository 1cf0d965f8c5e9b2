using Moss.Client.Tests.Servers;
using Moss.Client.Transfer;
using Moss.Protocol.Xml;

namespace Moss.Client.Tests.Transfer;

/// <summary>The record on disk, and the plan of parts that it keeps.</summary>
public sealed class CheckpointTests : IDisposable
{
    static readonly CheckpointIdentity Identity = new("upload", "http://e", "b", "key with spaces\nand ü", "/a/b c");

    readonly TempDirectory _directory = new();

    string File => _directory.File("sub/one.checkpoint");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Cut_at_any_byte_it_keeps_every_whole_line_before_the_cut()
    {
        using (var checkpoint = Checkpoint.Create(File, Identity, TimeProvider.System, [["upload", "id"], ["source", "5", ""]]))
        {
            for (var i = 0; i < 20; i++)
            {
                checkpoint.Append(now: false, "part", $"{i}", "ü \n%");
            }
        }

        var bytes = System.IO.File.ReadAllBytes(File);
        for (var length = 0; length <= bytes.Length; length++)
        {
            System.IO.File.WriteAllBytes(File, bytes[..length]);
            var whole = bytes[..length].Count(value => value == '\n');
            var opened = Checkpoint.Open(File, Identity, TimeProvider.System);
            Assert.Equal(whole > 0, opened is not null);
            if (opened is var (checkpoint, lines))
            {
                Assert.Equal(whole - 1, lines.Count);
                checkpoint.Append(now: true, "part", "next");
                checkpoint.Dispose();
                Assert.Equal(["part", "next"], Checkpoint.Read(File)[^1]);
                Assert.Equal(whole + 1, Checkpoint.Read(File).Count);
            }
        }
    }

    [Fact]
    public void A_flipped_bit_ends_the_reading_there()
    {
        using (var checkpoint = Checkpoint.Create(File, Identity, TimeProvider.System, [["upload", "id"]]))
        {
            for (var i = 0; i < 5; i++)
            {
                checkpoint.Append(now: false, "part", $"{i}");
            }
        }

        var bytes = System.IO.File.ReadAllBytes(File);
        for (var at = 0; at < bytes.Length; at++)
        {
            var damaged = bytes.ToArray();
            damaged[at] ^= 4;
            System.IO.File.WriteAllBytes(File, damaged);
            Assert.Equal(bytes[..at].Count(value => value == '\n'), Checkpoint.Read(File).Count);
        }
    }

    [Fact]
    public void It_belongs_to_one_transfer_alone()
    {
        using var checkpoint = Checkpoint.Create(File, Identity, TimeProvider.System, [["upload", "id"]]);
        Assert.Throws<IOException>(() => Checkpoint.Open(File, Identity, TimeProvider.System));
        checkpoint.Dispose();
        Assert.Null(Checkpoint.Open(File, Identity with { Key = "other" }, TimeProvider.System));
        Assert.Null(Checkpoint.Open(File, Identity with { Endpoint = "http://f" }, TimeProvider.System));
        var (again, lines) = Checkpoint.Open(File, Identity, TimeProvider.System)!.Value;
        Assert.Equal(["upload", "id"], Assert.Single(lines));
        again.Delete();
        Assert.Null(Checkpoint.Open(File, Identity, TimeProvider.System));
        Assert.Empty(Directory.GetFileSystemEntries(_directory.File("sub")));
    }

    [Fact]
    public void Nobody_else_can_read_it()
    {
        Checkpoint.Create(File, Identity, TimeProvider.System).Dispose();
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
        }
    }

    [Theory]
    [InlineData(1, 8L << 20)]
    [InlineData(100_000, 102_400)]
    [InlineData((16L * 102_400) + 1, 102_400)]
    [InlineData(5L << 40, 8L << 20)]
    [InlineData(10_000L * (5L << 30), 8L << 20)]
    public void A_plan_covers_every_byte_once_within_the_limits(long size, long wanted)
    {
        var plan = new PartPlan();
        long next = 0;
        var number = 1;
        for (; plan.Part(number, size, () => wanted) is { } part; number++)
        {
            Assert.Equal((number, next), (part.Number, part.Offset));
            Assert.InRange(part.Length, 1, 5L << 30);
            next += part.Length;
        }

        Assert.Equal(size, next);
        Assert.InRange(number - 1, 1, 10_000);
        Assert.Equal(number - 1, plan.Parts(size).Count());
    }

    [Fact]
    public void A_plan_of_changing_sizes_is_told_from_a_list_with_gaps()
    {
        const long Size = 123_456_789;
        var plan = new PartPlan();
        var chosen = 0;
        for (var number = 1; plan.Part(number, Size, () => (1 + (++chosen % 3)) * 400_000L) is not null; number++)
        {
        }

        var random = new Random(5);
        var listed = plan.Parts(Size)
            .Where(_ => random.Next(3) != 0)
            .Select(part => new UploadedPart(part.Number, default, "", 0, part.Length))
            .ToList();
        var told = PartPlan.Tell([], listed);
        Assert.Equal(plan.GroupSizes, told.GroupSizes);
        Assert.Equal(plan.Parts(Size), told.Parts(Size));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(102_399)]
    [InlineData(102_400)]
    [InlineData(500_000)]
    public void A_short_end_that_begins_a_group_is_told_from_a_list(int end)
    {
        const long PartSize = 1024 * 1024;
        var size = (PartPlan.GroupParts * PartSize) + end;
        var plan = new PartPlan();
        for (var number = 1; plan.Part(number, size, () => PartSize) is not null; number++)
        {
        }

        var listed = plan.Parts(size).Select(part => new UploadedPart(part.Number, default, "", 0, part.Length)).ToList();
        Assert.Equal(end, listed[^1].Size);
        Assert.Equal(plan.Parts(size), PartPlan.Tell([], listed).Parts(size));
    }
}
