namespace Moss.Protocol.Names;

/// <summary>
/// The id of a multipart upload: opaque, case-sensitive, unguessable, bound to one bucket and key. Moss makes 32 upper-case
/// hex digits, as the real service does. Any text a client sends is a possible id; one that names no upload is <c>NoSuchUpload</c>.
/// </summary>
public readonly record struct UploadId(string Value)
{
    public override string ToString() => Value;
}
