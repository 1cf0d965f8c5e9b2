namespace Moss.Protocol.Errors;

/// <summary>A row of the error table: what a refusal is called on the wire.</summary>
/// <param name="Code">The wire's word, as in <c>&lt;Code&gt;</c>.</param>
/// <param name="Status">The HTTP status that goes with it.</param>
/// <param name="Message">The documented message; a throw site may say a more exact one.</param>
/// <param name="EC">The error code detail (<c>NNNN-NNNNNNNN</c>) when one belongs to the code as such; a throw site may say a more exact one.</param>
public sealed record OssError(string Code, int Status, string Message, string? EC = null);
