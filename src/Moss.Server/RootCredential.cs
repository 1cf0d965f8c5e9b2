using Moss.Protocol.Signing;

namespace Moss.Server;

/// <summary>The credential of the account that owns everything. It prints its id alone.</summary>
public sealed record RootCredential(string AccessKeyId, AccessKeySecret Secret)
{
    public override string ToString() => AccessKeyId;
}
