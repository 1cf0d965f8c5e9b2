namespace Moss.Protocol.Signing;

/// <summary>
/// The items of a V2 or V4 Authorization header, <c>name:value</c> or <c>name=value</c>, separated by commas.
/// Read tolerantly, since SDKs differ in order and blanks.
/// </summary>
readonly record struct AuthorizationItems(string? Credential, string? AdditionalHeaders, string? Signature)
{
    public static readonly Codes V2Codes = new(Count: "0002-00000102", Separator: "0002-00000103", Unknown: "0002-00000104");
    public static readonly Codes V4Codes = new(Count: "0002-00000202", Separator: "0002-00000203", Unknown: "0002-00000204");

    public static AuthorizationItems Parse(string text, char separator, string credentialName, Codes codes)
    {
        var pieces = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var items = default(AuthorizationItems);
        foreach (var piece in pieces)
        {
            var at = piece.IndexOf(separator, StringComparison.Ordinal);
            if (at < 0)
            {
                throw SignatureErrors.InvalidAuthorization(codes.Separator);
            }

            var name = piece[..at].TrimEnd();
            var value = piece[(at + 1)..].TrimStart();
            var isRepeated = (name == credentialName ? items.Credential : name == "Signature" ? items.Signature : items.AdditionalHeaders) is not null;
            items = name switch
            {
                "AdditionalHeaders" => items with { AdditionalHeaders = value },
                "Signature" => items with { Signature = value },
                _ when name == credentialName => items with { Credential = value },
                _ => throw SignatureErrors.UnknownItem(codes.Unknown),
            };
            if (isRepeated)
            {
                throw SignatureErrors.BadItemCount(codes.Count);
            }
        }

        return pieces.Length == 0 ? throw SignatureErrors.BadItemCount(codes.Count) : items;
    }

    /// <summary>The error code details of the two versions.</summary>
    public readonly record struct Codes(string Count, string Separator, string Unknown);
}
