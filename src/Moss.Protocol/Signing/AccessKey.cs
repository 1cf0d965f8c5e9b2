using System.Buffers;

namespace Moss.Protocol.Signing;

/// <summary>An access key as the server knows it.</summary>
/// <param name="Id">The public half; see <see cref="IsValidId"/>.</param>
/// <param name="Secret">The secret half.</param>
/// <param name="IsDisabled">A disabled key exists, but signs nothing.</param>
public sealed record AccessKey(string Id, AccessKeySecret Secret, bool IsDisabled = false)
{
    /// <summary>The longest access key id: real ones have at most 30 characters, temporary ones up to about 50.</summary>
    public const int MaxIdLength = 128;

    static readonly SearchValues<char> IdCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-@");

    /// <summary>
    /// Whether a text can be an access key id: 1 to 128 ASCII letters, digits and <c>. _ - @</c>.
    /// The separators of the signature forms (<c>: / , = ;</c> and the blank) can never be part of one.
    /// </summary>
    public static bool IsValidId(string id) =>
        id.Length is > 0 and <= MaxIdLength && !id.AsSpan().ContainsAnyExcept(IdCharacters);
}

/// <summary>Where the server finds access keys.</summary>
public interface IAccessKeySource
{
    /// <summary>The key of that id, or null when there is none.</summary>
    /// <param name="accessKeyId">A well-formed id that a request names.</param>
    /// <param name="securityToken">The token that came along, unchecked: a temporary key may live in its token.</param>
    /// <param name="ct">Gives up the search.</param>
    ValueTask<AccessKey?> FindAsync(string accessKeyId, string? securityToken, CancellationToken ct);
}
