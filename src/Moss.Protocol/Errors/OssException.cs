namespace Moss.Protocol.Errors;

/// <summary>
/// A refusal in the protocol's own words. The server throws it and one place writes it as XML; the client throws it for
/// an answer that carries one. Anything else that is thrown is a bug or a broken machine.
/// </summary>
public sealed class OssException : Exception
{
    /// <summary>A refusal as the table has it, or with a more exact message, detail code and extra elements.</summary>
    /// <param name="error">The row of <see cref="OssErrors"/>.</param>
    /// <param name="message">Replaces the row's message.</param>
    /// <param name="ec">Replaces the row's error code detail.</param>
    /// <param name="details">Extra elements of the answer in their documented order, such as <c>BucketName</c>.</param>
    public OssException(
        OssError error,
        string? message = null,
        string? ec = null,
        IReadOnlyList<KeyValuePair<string, string>>? details = null)
        : base(message ?? error.Message)
    {
        Error = error;
        EC = ec ?? error.EC;
        Details = details ?? [];
    }

    /// <summary>The row of the error table.</summary>
    public OssError Error { get; }

    /// <summary>The wire's code, for example <c>NoSuchKey</c>.</summary>
    public string Code => Error.Code;

    /// <summary>The HTTP status.</summary>
    public int Status => Error.Status;

    /// <summary>The error code detail, when there is one.</summary>
    public string? EC { get; }

    /// <summary>The extra elements, in the order in which they are written.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Details { get; }

    /// <summary>Extra response headers, for example <c>x-oss-next-append-position</c> or <c>Allow</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>The request's id; set by the client from the answer.</summary>
    public string? RequestId { get; init; }

    /// <summary>The host that answered; set by the client from the answer.</summary>
    public string? HostId { get; init; }
}
