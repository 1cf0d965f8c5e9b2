namespace Moss.Server.AccessControl.Accounts;

/// <summary>
/// The names of accounts, users, roles and policies. Those of accounts, users and roles are unique without case, and are looked up and matched without case
/// wherever they stand: clients write them in either. (The name of a session is its caller's own text, and is matched as it stands.)
/// </summary>
static class AccessName
{
    const int MaxLength = 64;

    /// <summary>RAM's rule for names. Letters are those of ASCII, of which no other letter is a second form.</summary>
    public static bool IsValid(string name) =>
        name.Length is > 0 and <= MaxLength && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '@');

    /// <summary>Whether two names are one; never where one of them is none.</summary>
    public static bool AreSame(string one, string other) => IsValid(one) && IsValid(other) && one.Equals(other, StringComparison.OrdinalIgnoreCase);

    /// <summary>The form that all spellings of a name have in common; null for what is no name, so that nothing is found by it.</summary>
    public static string? Fold(string name) => IsValid(name) ? name.ToLowerInvariant() : null;
}
