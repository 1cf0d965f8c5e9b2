using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Moss.Protocol.Hashing;

namespace Moss.Protocol.Tests.Hashing;

public sealed class Crc64Tests
{
    delegate ulong Update(ulong register, ReadOnlySpan<byte> data);

    [Theory]
    [InlineData("", 0)]
    [InlineData("a", 3675645893302102789)]
    [InlineData("hello world", 5981764153023615706)]
    [InlineData("123456789", 11051210869376104954)]
    [InlineData("1234", 14865968487149912872)]
    [InlineData("56789", 7598038797645275211)]
    public void Published_vectors_hold(string text, ulong expected) =>
        Assert.Equal(expected, Crc64.Compute(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void Thirty_two_zero_bytes_hold() => Assert.Equal(14509182247117337356, Crc64.Compute(new byte[32]));

    [Fact]
    public void The_table_holds_the_published_entries()
    {
        Assert.Equal(0xB32E4CBE03A75F6F, Crc64Table.Entry(1));
        Assert.Equal(0xE0ADA17364673F59, Crc64Table.Entry(255));
    }

    [Fact]
    public void Published_combination_holds() =>
        Assert.Equal(11051210869376104954, Crc64.Combine(14865968487149912872, 7598038797645275211, 5));

    [Fact]
    public void The_table_agrees_with_the_definition() =>
        Prop.ForAll(Texts(300).ToArbitrary(), text => Crc64Table.Update(~0UL, text) == BitByBit(~0UL, text))
            .QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("table", 0)]
    [InlineData("pclmulqdq", 16)]
    [InlineData("pmull", 16)]
    [InlineData("vpclmulqdq256", Crc64Folding256.MinLength)]
    [InlineData("vpclmulqdq512", Crc64Folding512.MinLength)]
    public void Every_implementation_agrees_with_the_table(string name, int minLength)
    {
        var (supported, update) = Implementation(name);
        Assert.SkipUnless(supported, $"this processor has no {name}");

        for (var length = minLength; length < minLength + 700; length++)
        {
            var data = Bytes(length, length);
            Assert.Equal(BitByBit(0x0123456789ABCDEF, data), update(0x0123456789ABCDEF, data));
        }

        var cases = from text in Texts(5000)
                    from offset in Gen.Choose(0, Math.Min(70, text.Length))
                    from register in Words()
                    select (text, offset, register);
        Prop.ForAll(
            cases.Where(c => c.text.Length - c.offset >= minLength).ToArbitrary(),
            c => update(c.register, c.text.AsSpan(c.offset))
                == Crc64Table.Update(c.register, c.text.AsSpan(c.offset)))
            .QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Any_split_appends_and_combines_to_the_whole() =>
        Prop.ForAll(
            (from text in Texts(5000) from split in Gen.Choose(0, text.Length) select (text, split)).ToArbitrary(),
            c =>
            {
                var whole = ~Crc64Table.Update(~0UL, c.text);
                var first = Crc64.Compute(c.text.AsSpan(0, c.split));
                var second = Crc64.Compute(c.text.AsSpan(c.split));
                var crc = new Crc64();
                crc.Append(c.text.AsSpan(0, c.split));
                crc.Append(c.text.AsSpan(c.split));
                return Crc64.Append(first, c.text.AsSpan(c.split)) == whole
                    && crc.Value == whole
                    && crc.Length == c.text.Length
                    && Crc64.Combine(first, second, c.text.Length - c.split) == whole;
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void Combining_is_associative_at_any_length() =>
        Prop.ForAll(
            (from a in Words()
             from b in Words()
             from c in Words()
             from m in Lengths()
             from n in Lengths()
             select (a, b, c, m, n)).ToArbitrary(),
            t => Crc64.Combine(Crc64.Combine(t.a, t.b, t.m), t.c, t.n)
                == Crc64.Combine(t.a, Crc64.Combine(t.b, t.c, t.n), t.m + t.n)
                && Crc64Field.ShiftByBytes(t.a, (ulong)t.m) == Crc64Field.ShiftByBytesPortable(t.a, (ulong)t.m))
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Zeros_beyond_four_gigabytes_combine_as_they_append()
    {
        // 5 GiB of zeros by doubling: each step combines a text with itself.
        var crc = Crc64.Compute(new byte[1 << 20]);
        long length = 1 << 20;
        var quarter = 0UL;
        for (; length < 4L << 30; length *= 2)
        {
            quarter = length == 1L << 30 ? crc : quarter;
            crc = Crc64.Combine(crc, crc, length);
        }

        Assert.Equal(Crc64.Combine(quarter, crc, 4L << 30), Crc64.Combine(crc, quarter, 1L << 30));
        Assert.Equal(Crc64Field.ShiftByBytesPortable(crc, 1UL << 30) ^ quarter, Crc64.Combine(crc, quarter, 1L << 30));
    }

    [Fact]
    public void Combining_with_nothing_changes_nothing()
    {
        Assert.Equal(42UL, Crc64.Combine(42, 0, 0));
        Assert.Equal(42UL, Crc64.Combine(0, 42, 1234));
        Assert.Throws<ArgumentOutOfRangeException>(() => Crc64.Combine(1, 2, -1));
    }

    [Fact]
    public void Reset_starts_anew()
    {
        var crc = new Crc64();
        crc.Append("1234"u8);
        crc.Reset();
        Assert.Equal((0UL, 0L), (crc.Value, crc.Length));
    }

    [Theory]
    [InlineData("0", true, 0)]
    [InlineData("11051210869376104954", true, 11051210869376104954)]
    [InlineData("18446744073709551615", true, ulong.MaxValue)]
    [InlineData("18446744073709551616", false, 0)]
    [InlineData("", false, 0)]
    [InlineData("00", false, 0)]
    [InlineData("01", false, 0)]
    [InlineData("-1", false, 0)]
    [InlineData("+1", false, 0)]
    [InlineData(" 1", false, 0)]
    [InlineData("1 ", false, 0)]
    [InlineData("1\0", false, 0)]
    [InlineData("995DC9BBDF1939FA", false, 0)]
    public void The_header_form_is_strict(string text, bool valid, ulong expected)
    {
        Assert.Equal(valid, Crc64.TryParse(text, out var crc));
        Assert.Equal(expected, crc);
    }

    [Fact]
    public void The_header_form_makes_the_round_trip() =>
        Prop.ForAll(
            Words().ToArbitrary(),
            value => Crc64.TryParse(Crc64.Format(value), out var crc) && crc == value)
            .QuickCheckThrowOnFailure();

    static (bool Supported, Update Update) Implementation(string name) => name switch
    {
        "table" => (true, Crc64Table.Update),
        "pclmulqdq" => (X86CarrylessMultiplier.IsSupported, Crc64Folding<X86CarrylessMultiplier>.Update),
        "pmull" => (ArmCarrylessMultiplier.IsSupported, Crc64Folding<ArmCarrylessMultiplier>.Update),
        "vpclmulqdq256" => (Crc64Folding256.IsSupported, Crc64Folding256.Update),
        "vpclmulqdq512" => (Crc64Folding512.IsSupported, Crc64Folding512.Update),
        _ => throw new ArgumentException(name, nameof(name)),
    };

    static ulong BitByBit(ulong register, ReadOnlySpan<byte> data)
    {
        foreach (var value in data)
        {
            register ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                register = (register & 1) != 0 ? (register >> 1) ^ 0xC96C5795D7870F42 : register >> 1;
            }
        }

        return register;
    }

    static Gen<byte[]> Texts(int maxLength) =>
        from length in Gen.Choose(0, maxLength)
        from seed in Gen.Choose(0, int.MaxValue)
        select Bytes(length, seed);

    static Gen<ulong> Words() =>
        from seed in Gen.Choose(0, int.MaxValue)
        select (ulong)new Random(seed).NextInt64(long.MinValue, long.MaxValue);

    static Gen<long> Lengths() => from word in Words() select (long)(word >> 2);

    static byte[] Bytes(int length, int seed)
    {
        var data = new byte[length];
        new Random(seed).NextBytes(data);
        return data;
    }
}
