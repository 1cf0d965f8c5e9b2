using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ArmAes = System.Runtime.Intrinsics.Arm.Aes;

namespace Moss.Protocol.Hashing;

/// <summary>The processor's 64 x 64 to 128-bit multiplication without carries.</summary>
interface ICarrylessMultiplier
{
    static abstract bool IsSupported { get; }

    static abstract Vector128<ulong> MultiplyLow(Vector128<ulong> left, Vector128<ulong> right);

    static abstract Vector128<ulong> MultiplyHigh(Vector128<ulong> left, Vector128<ulong> right);
}

readonly struct X86CarrylessMultiplier : ICarrylessMultiplier
{
    public static bool IsSupported => Pclmulqdq.IsSupported;

    public static Vector128<ulong> MultiplyLow(Vector128<ulong> left, Vector128<ulong> right) =>
        Pclmulqdq.CarrylessMultiply(left, right, 0x00);

    public static Vector128<ulong> MultiplyHigh(Vector128<ulong> left, Vector128<ulong> right) =>
        Pclmulqdq.CarrylessMultiply(left, right, 0x11);
}

readonly struct ArmCarrylessMultiplier : ICarrylessMultiplier
{
    public static bool IsSupported => ArmAes.IsSupported && BitConverter.IsLittleEndian;

    public static Vector128<ulong> MultiplyLow(Vector128<ulong> left, Vector128<ulong> right) =>
        ArmAes.PolynomialMultiplyWideningLower(left.GetLower(), right.GetLower());

    public static Vector128<ulong> MultiplyHigh(Vector128<ulong> left, Vector128<ulong> right) =>
        ArmAes.PolynomialMultiplyWideningUpper(left, right);
}
