using Moss.Server.AccessControl.Accounts;
using Moss.Server.AccessControl.Admin;
using Moss.Server.AccessControl.Audit;
using Moss.Server.AccessControl.Sts;
using Moss.Server.AccessControl.Tokens;
using Moss.Server.Pipeline;
using Moss.Storage;
using Moss.Storage.Metadata;

namespace Moss.Server.AccessControl;

/// <summary>Everything that knows who may do what, put together.</summary>
sealed class AccessServices : IAsyncDisposable
{
    public AccessServices(
        OssServerOptions options, IMetadataStore metadata, ObjectService storage, MasterKey masterKey, RootCredential root, TimeProvider time, AuditTrail audit)
    {
        Audit = audit;
        Store = new(metadata, masterKey, time);
        Directory = new(Store, time);
        Tokens = new(masterKey);
        Keys = new(root, Store, Tokens, time);
        Region = options.Region.Length == 0 ? null : options.Region;
        var facts = new BucketFactsReader(storage, metadata);
        Authorizer = new(facts, Region);
        Sts = new(Keys, Store, new AssumeRole(Tokens, time), new HostMap(options.Domains, NoCnames.Instance), time);
        Admin = new(Directory, new PolicySimulator(Directory, facts, Region), audit);
    }

    /// <summary>The region of every resource; null when the server stands for any.</summary>
    public string? Region { get; }

    public AccessStore Store { get; }

    public AccessDirectory Directory { get; }

    public SecurityTokens Tokens { get; }

    public KeyRing Keys { get; }

    public PolicyAuthorizer Authorizer { get; }

    public AdminActions Admin { get; }

    public StsEndpoint Sts { get; }

    public AuditTrail Audit { get; }

    public async ValueTask DisposeAsync()
    {
        Store.Dispose();
        await Audit.DisposeAsync();
    }
}
