using Microsoft.AspNetCore.Http;
using Moss.Protocol.Errors;
using Moss.Protocol.Xml;
using Moss.Server.AccessControl;
using Moss.Server.Operations.Buckets;
using Moss.Server.Pipeline;
using Moss.Storage.Metadata;

namespace Moss.Server.BucketRules;

/// <summary>
/// Put-, Get- and Delete(Bucket)PublicAccessBlock. While public access is blocked for a bucket or for its owner's account, no public ACL or policy can be set,
/// and those that are there grant strangers nothing (<see cref="AccessControl.Policies.AccessDecision"/>).
/// </summary>
static class PublicAccess
{
    public static readonly BucketDocument<PublicAccessBlockConfiguration> Document = new(BucketFactsReader.PublicAccessBlockName) { Default = new(BlockPublicAccess: false) };

    /// <summary>PutPublicAccessBlock, of the caller's account.</summary>
    public static async Task PutAsync(OssContext context, CancellationToken ct)
    {
        var document = await Document.ReadAsync(context, ct);
        await context.Services.Buckets.Accounts.PutPublicAccessBlockAsync(context.Caller.AccountId, document.BlockPublicAccess, ct);
        await context.Empty();
    }

    public static async Task GetAsync(OssContext context, CancellationToken ct)
    {
        var isBlocked = await context.Services.Buckets.Accounts.BlocksPublicAccessAsync(context.Caller.AccountId, ct);
        await context.XmlAsync(new PublicAccessBlockConfiguration(isBlocked), ct);
    }

    public static async Task DeleteAsync(OssContext context, CancellationToken ct)
    {
        await context.Services.Buckets.Accounts.PutPublicAccessBlockAsync(context.Caller.AccountId, isBlocked: false, ct);
        await context.Empty(StatusCodes.Status204NoContent);
    }

    /// <summary>Refuses an ACL that would be public where that is blocked.</summary>
    /// <exception cref="OssException"><c>AccessDenied</c>.</exception>
    public static async ValueTask CheckAclAsync(OssContext context, CancellationToken ct)
    {
        foreach (var (header, what) in ((string, string)[])[("x-oss-acl", "bucket"), ("x-oss-object-acl", "object")])
        {
            if (context.Header(header) is { } acl && acl.StartsWith("public-", StringComparison.Ordinal) && await IsBlockedAsync(context, ct))
            {
                throw new OssException(OssErrors.AccessDenied, $"Put public {what} acl is not allowed.", "0003-00000914");
            }
        }
    }

    /// <summary>Whether nothing of the request's bucket, there or to be made, may be public.</summary>
    public static async ValueTask<bool> IsBlockedAsync(OssContext context, CancellationToken ct)
    {
        if ((await Document.TryFindAsync(context, ct))!.BlockPublicAccess)
        {
            return true;
        }

        var owner = context.Operation.Name == "PutBucket" ? context.Caller.AccountId : (await context.Storage.Buckets.FindAsync(context.Bucket, ct)).OwnerId;
        return await context.Services.Buckets.Accounts.BlocksPublicAccessAsync(owner, ct);
    }
}

/// <summary>What holds for all buckets of an account.</summary>
sealed class AccountRules(IMetadataStore metadata)
{
    public const string PublicAccessBlockPrefix = "public-access-block/";

    static readonly byte[] Blocked = [1];

    public ValueTask<bool> BlocksPublicAccessAsync(string accountId, CancellationToken ct) =>
        metadata.ReadAsync(async tx => await tx.Settings.FindAsync(PublicAccessBlockPrefix + accountId) is not null, ct);

    public async ValueTask PutPublicAccessBlockAsync(string accountId, bool isBlocked, CancellationToken ct) =>
        await metadata.WriteAsync(
            [MetadataLock.Named("accounts")],
            async tx =>
            {
                await tx.Settings.PutAsync(PublicAccessBlockPrefix + accountId, isBlocked ? Blocked : null);
                return true;
            },
            ct);
}
