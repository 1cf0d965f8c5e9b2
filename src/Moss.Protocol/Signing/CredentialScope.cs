using Moss.Protocol.Errors;

namespace Moss.Protocol.Signing;

/// <summary>A V4 credential: <c>AK/date/region/product/aliyun_v4_request</c>. What follows the key id is its scope.</summary>
sealed record CredentialScope(string AccessKeyId, string Date, string Region, string Product)
{
    public static readonly Codes HeaderCodes = new(
        "Authorization header", Shape: "0002-00000202", Id: "0002-00000206", Date: "0002-00000212", Terminator: "0002-00000213");

    public static readonly Codes UrlCodes = new(
        "x-oss-credential", Shape: "0002-00000224", Id: "0002-00000206", Date: "0002-00000223", Terminator: "0002-00000224");

    /// <summary>The scope as it stands in the text to sign.</summary>
    public string Text { get; } = $"{Date}/{Region}/{Product}/{SignatureV4.Terminator}";

    /// <summary>Reads a credential; what it names is checked later by <see cref="Check"/>.</summary>
    public static CredentialScope Parse(string credential, Codes codes)
    {
        var parts = credential.Split('/');
        if (parts[^1] != SignatureV4.Terminator)
        {
            throw SignatureErrors.Argument($"The credential in {codes.Place} does not end in aliyun_v4_request.", codes.Terminator);
        }

        if (parts.Length != 5)
        {
            throw SignatureErrors.Argument($"The credential in {codes.Place} is malformed.", codes.Shape);
        }

        if (!AccessKey.IsValidId(parts[0]))
        {
            throw SignatureErrors.UnknownAccessKey(parts[0], codes.Id);
        }

        return SignatureDate.IsDay(parts[1])
            ? new CredentialScope(parts[0], parts[1], parts[2], parts[3])
            : throw SignatureErrors.Argument($"Invalid signing date in {codes.Place}.", codes.Date);
    }

    /// <summary>Region and product against what the server is, or null when both are accepted.</summary>
    public OssException? Check(SignatureOptions options)
    {
        if (Region.Length == 0 || (options.Regions.Count > 0 && !options.Regions.Contains(Region)))
        {
            return SignatureErrors.Argument("Invalid signing region in Authorization header.", "0002-00000226");
        }

        return options.Products.Contains(Product)
            ? null
            : SignatureErrors.Argument("Invalid signing product in Authorization header.", "0002-00000227");
    }

    /// <summary>Where the credential stood, and the error code details of that place.</summary>
    public sealed record Codes(string Place, string Shape, string Id, string Date, string Terminator);
}
