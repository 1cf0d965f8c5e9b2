using System.Text.RegularExpressions;

namespace Moss.Repository.Tests;

/// <summary>Whatever must not be guessed byte by byte is compared in fixed time, and nothing else compares it.</summary>
public sealed partial class FixedTimeTests
{
    /// <summary>Where a secret or what is derived from one meets what a stranger sent.</summary>
    static readonly string[] Comparing =
    [
        "src/Moss.Protocol/Signing/AccessKeySecret.cs",
        "src/Moss.Protocol/Signing/ParsedSignature.cs",
        "src/Moss.Server/AccessControl/Sts/RpcSignature.cs",
        "src/Moss.Server/PostObject/PostSignature.cs",
    ];

    // An operand whose name ends in one of these words, beside an operator or a method that stops at the first difference.
    [GeneratedRegex(
        @"\b[\w.]*(?:signature|secret|password|hmac|expected|mac)\s*(?:==|!=)(?!\s*(?:null|""""))|(?:==|!=)\s*[\w.]*(?:signature|secret|password|hmac|expected|mac)\b(?![\w.(])"
        + @"|\b[\w.]*(?:signature|secret|password|hmac|expected|mac)\)?\.(?:Equals|SequenceEqual|StartsWith|CompareTo)\("
        + @"|(?:Equals|SequenceEqual|Compare)\([^;]*\b(?:signature|secret|password|hmac|expected)\b",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    static partial Regex EarlyEnd { get; }

    /// <summary>Lines that look like it and are not, each with its reason.</summary>
    static readonly (string File, string Text)[] Harmless =
    [
        // AccessKeySecret.Equals is the fixed-time comparison itself.
        ("src/Moss.Protocol/Signing/SigningKeyCache.cs", "entry.Secret.Equals(secret)"),

        // The name of a parameter, and a choice of parameters: nothing secret.
        ("src/Moss.Protocol/Signing/CanonicalQuery.cs", "string.Equals(name, \"x-oss-signature\""),
        ("src/Moss.Protocol/Signing/CanonicalQuery.cs", "QuerySelection.AllButSignature"),
    ];

    [Fact]
    public void Every_comparison_with_a_secret_is_one_of_fixed_time()
    {
        foreach (var file in Comparing)
        {
            Assert.Contains("CryptographicOperations.FixedTimeEquals", Repository.Read(file), StringComparison.Ordinal);
        }

        var offenders =
            from file in Repository.Files()
            where file.EndsWith(".cs", StringComparison.Ordinal)
                && (file.StartsWith("src/Moss.Server/", StringComparison.Ordinal) || file.StartsWith("src/Moss.Protocol/Signing/", StringComparison.Ordinal)
                    || file.StartsWith("src/Moss.Storage/Encryption/", StringComparison.Ordinal))
            from line in Repository.Read(file).Split('\n')
            where EarlyEnd.IsMatch(line) && !line.Contains("FixedTimeEquals", StringComparison.Ordinal) && !line.TrimStart().StartsWith("//", StringComparison.Ordinal)
                && !Harmless.Any(known => known.File == file && line.Contains(known.Text, StringComparison.Ordinal))
            select $"{file}: {line.Trim()}";
        Assert.Empty(offenders);
    }

    [Theory]
    [InlineData("if (expected == given)", true)]
    [InlineData("return claim.Signature != computed;", true)]
    [InlineData("key.Secret.Equals(other)", true)]
    [InlineData("hmac.AsSpan().SequenceEqual(signature)", true)]
    [InlineData("string.Equals(signature, text)", true)]
    [InlineData("options.Version == SignatureVersion.V4", false)]
    [InlineData("exception.Error == OssErrors.SignatureDoesNotMatch", false)]
    [InlineData("if (signature == null)", false)]
    public void The_search_finds_what_it_is_for(string line, bool isFound) => Assert.Equal(isFound, EarlyEnd.IsMatch(line));
}
