namespace Moss.Protocol.Hashing;

/// <summary>
/// MD5's four functions of (b, c, d) for the processor's three-operand logic: bit 4b + 2c + d of the table is the result.
/// </summary>
static class Md5TruthTable
{
    /// <summary>b ? c : d.</summary>
    internal const byte F = 0xCA;

    /// <summary>d ? b : c.</summary>
    internal const byte G = 0xE4;

    /// <summary>b ^ c ^ d.</summary>
    internal const byte H = 0x96;

    /// <summary>c ^ (b | ~d).</summary>
    internal const byte I = 0x39;
}
