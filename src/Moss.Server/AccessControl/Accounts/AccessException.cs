namespace Moss.Server.AccessControl.Accounts;

/// <summary>A change of accounts that cannot be: it is told to the administrator in the words of RAM's own API.</summary>
sealed class AccessException(string code, int status, string message) : Exception(message)
{
    /// <summary>For example <c>EntityNotExist.User</c>.</summary>
    public string Code => code;

    /// <summary>The HTTP status that goes with it.</summary>
    public int Status => status;

    public static AccessException Missing(string kind, string name) => new($"EntityNotExist.{kind}", 404, $"The {kind.ToLowerInvariant()} does not exist: {name}.");

    public static AccessException Exists(string kind, string name) =>
        new($"EntityAlreadyExists.{kind}", 409, $"The {kind.ToLowerInvariant()} exists already: {name}.");

    public static AccessException InUse(string kind, string why) => new($"DeleteConflict.{kind}", 409, why);

    public static AccessException Parameter(string name, string why) => new($"InvalidParameter.{name}", 400, why);
}
