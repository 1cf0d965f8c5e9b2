using System.Collections.Immutable;
using System.Net;
using Moss.Protocol.Signing;

namespace Moss.Server;

/// <summary>What an acknowledged write has survived.</summary>
public enum Durability
{
    /// <summary>Data, metadata and directory entry are on disk.</summary>
    Durable,

    /// <summary>Nothing is forced to disk: for throw-away use. A crash of the machine may lose acknowledged writes.</summary>
    Ci,
}

/// <summary>Everything that a server can be told at its start.</summary>
public sealed record OssServerOptions
{
    /// <summary>Where data, catalogue and root credential are kept; made when it is not there.</summary>
    public string DataDirectory { get; init; } = "./moss-data";

    /// <summary>The address to listen on; port 0 takes a free one.</summary>
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 9020);

    /// <summary>Domains below which <c>bucket.domain</c> names a bucket.</summary>
    public ImmutableArray<string> Domains { get; init; } = ["localhost"];

    /// <summary>The server's region, without <c>oss-</c>. Empty: any region in a V4 scope is accepted, and answers name <see cref="DefaultRegion"/>.</summary>
    public string Region { get; init; } = "";

    /// <summary>What answers call the region of a server that was not told one.</summary>
    public const string DefaultRegion = "cn-hangzhou";

    public Durability Durability { get; init; } = Durability.Durable;

    /// <summary><c>sqlite</c>, <c>memory</c> (tests), or a <c>postgres://</c> URL.</summary>
    public string Metadata { get; init; } = "sqlite";

    /// <summary><c>files</c> or <c>memory</c> (tests).</summary>
    public string Blobs { get; init; } = "files";

    /// <summary>
    /// The endpoint that answers give for the outside (<c>ExtranetEndpoint</c>), host and port. Null: the one the request came to, which is
    /// reachable by whoever asked.
    /// </summary>
    public string? ExtranetEndpoint { get; init; }

    /// <summary>The endpoint that answers give for the inside; as <see cref="ExtranetEndpoint"/>.</summary>
    public string? IntranetEndpoint { get; init; }

    /// <summary>The root credential when it is given; null makes or reads the one in the data directory.</summary>
    public RootCredential? Root { get; init; }

    /// <summary>
    /// The key behind secrets and encrypted data at rest, 32 bytes as hex or base64; null makes or reads the one in the data directory. Several, separated by commas:
    /// the first one is used for what is new, the others open what they sealed. Servers that share a catalogue share it.
    /// </summary>
    public AccessKeySecret? MasterKey { get; init; }

    /// <summary>Ranges of addresses that callbacks may go to although they are loopback, link-local or private, such as <c>10.0.0.0/8</c>.</summary>
    public ImmutableArray<string> CallbackAllow { get; init; } = [];

    /// <summary>
    /// Domain names that may be bound to buckets (PutCname) by whoever may change the bucket: a name, or <c>*.example.com</c> for every name below it. The root
    /// credential binds any.
    /// </summary>
    public ImmutableArray<string> CnameAllow { get; init; } = [];

    /// <summary>The RSA private key, in PEM, that signs callbacks; null makes one and keeps it in the catalogue.</summary>
    public AccessKeySecret? CallbackKeyPem { get; init; }

    /// <summary>
    /// Where callbacks say that the public half of their key is; null: at this server, by the domain that the client reached it by, or else by its address.
    /// </summary>
    public string? CallbackKeyUrl { get; init; }

    /// <summary>How the names in callbacks' URLs become addresses; blocks.</summary>
    internal Func<string, IPAddress[]> Resolve { get; init; } = Dns.GetHostAddresses;

    /// <summary>The server's certificate in PEM, followed by those that lead to its root; with <see cref="TlsKeyFile"/>. Null: plain HTTP.</summary>
    public string? TlsCertificateFile { get; init; }

    /// <summary>The private key of the certificate in PEM, without a password.</summary>
    public string? TlsKeyFile { get; init; }

    /// <summary>How long a stopping server waits for requests in flight.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether a line is logged for each request.</summary>
    public bool LogRequests { get; init; } = true;
}
