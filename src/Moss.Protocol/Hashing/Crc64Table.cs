using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Moss.Protocol.Hashing;

/// <summary>The portable implementation: sixteen tables, sixteen bytes a step. The one the others are tested against.</summary>
static class Crc64Table
{
    const int Slices = 16;
    const int Entries = 256;

    // Slice s, entry b: what byte b contributes to the register when s more bytes follow it.
    static readonly ulong[] Tables = BuildTables();

    /// <summary>Entry <paramref name="index"/> of the plain byte-wise table.</summary>
    internal static ulong Entry(byte index) => Tables[index];

    /// <summary>Runs <paramref name="data"/> through the register (the not yet finalised CRC).</summary>
    internal static ulong Update(ulong register, ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<ulong> tables = Tables;
        while (data.Length >= Slices)
        {
            var low = register ^ BinaryPrimitives.ReadUInt64LittleEndian(data);
            var high = BinaryPrimitives.ReadUInt64LittleEndian(data[8..]);
            register = EightSlices(tables[(8 * Entries)..], low) ^ EightSlices(tables[..(8 * Entries)], high);
            data = data[Slices..];
        }

        foreach (var value in data)
        {
            register = tables[(byte)(register ^ value)] ^ (register >> 8);
        }

        return register;
    }

    static ulong EightSlices(ReadOnlySpan<ulong> tables, ulong word)
    {
        // One length check here lets the eight look-ups below go without.
        ref var table = ref MemoryMarshal.GetReference(tables[..(8 * Entries)]);
        return Look(ref table, 7, (byte)word)
            ^ Look(ref table, 6, (byte)(word >> 8))
            ^ Look(ref table, 5, (byte)(word >> 16))
            ^ Look(ref table, 4, (byte)(word >> 24))
            ^ Look(ref table, 3, (byte)(word >> 32))
            ^ Look(ref table, 2, (byte)(word >> 40))
            ^ Look(ref table, 1, (byte)(word >> 48))
            ^ Look(ref table, 0, (byte)(word >> 56));
    }

    static ulong Look(ref ulong tables, int slice, byte index) =>
        Unsafe.Add(ref tables, (slice * Entries) + index);

    static ulong[] BuildTables()
    {
        var tables = new ulong[Slices * Entries];
        for (var index = 0; index < Entries; index++)
        {
            var register = (ulong)index;
            for (var bit = 0; bit < 8; bit++)
            {
                register = (register >> 1) ^ ((register & 1) != 0 ? Crc64Field.Polynomial : 0);
            }

            tables[index] = register;
        }

        for (var entry = Entries; entry < tables.Length; entry++)
        {
            var shorter = tables[entry - Entries];
            tables[entry] = tables[(byte)shorter] ^ (shorter >> 8);
        }

        return tables;
    }
}
