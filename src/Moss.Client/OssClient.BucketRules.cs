using Moss.Protocol.Xml;

namespace Moss.Client;

/// <summary>The configuration documents of a bucket. Putting one replaces it whole; deleting one that is not there succeeds.</summary>
public sealed partial class OssClient
{
    public Task PutBucketCorsAsync(string bucket, CorsConfiguration rules, CancellationToken ct = default) =>
        CommandAsync(BucketPut("PutBucketCors", bucket, "cors", rules), ct);

    /// <summary>The rules; <c>NoSuchCORSConfiguration</c> when there are none.</summary>
    public Task<CorsConfiguration> GetBucketCorsAsync(string bucket, CancellationToken ct = default) =>
        DocumentAsync<CorsConfiguration>(BucketGet("GetBucketCors", bucket, "cors"), ct);

    public Task DeleteBucketCorsAsync(string bucket, CancellationToken ct = default) =>
        CommandAsync(BucketDelete("DeleteBucketCors", bucket, "cors"), ct);

    /// <summary>Putting rules with empty lists takes them back; there is no Delete.</summary>
    public Task PutBucketRefererAsync(string bucket, RefererConfiguration rules, CancellationToken ct = default) =>
        CommandAsync(BucketPut("PutBucketReferer", bucket, "referer", rules), ct);

    public Task<RefererConfiguration> GetBucketRefererAsync(string bucket, CancellationToken ct = default) =>
        DocumentAsync<RefererConfiguration>(BucketGet("GetBucketReferer", bucket, "referer"), ct);

    public Task PutBucketWebsiteAsync(string bucket, WebsiteConfiguration website, CancellationToken ct = default) =>
        CommandAsync(BucketPut("PutBucketWebsite", bucket, "website", website), ct);

    /// <summary>The website; <c>NoSuchWebsiteConfiguration</c> when it is none.</summary>
    public Task<WebsiteConfiguration> GetBucketWebsiteAsync(string bucket, CancellationToken ct = default) =>
        DocumentAsync<WebsiteConfiguration>(BucketGet("GetBucketWebsite", bucket, "website"), ct);

    public Task DeleteBucketWebsiteAsync(string bucket, CancellationToken ct = default) =>
        CommandAsync(BucketDelete("DeleteBucketWebsite", bucket, "website"), ct);

    public Task PutBucketPublicAccessBlockAsync(string bucket, PublicAccessBlockConfiguration block, CancellationToken ct = default) =>
        CommandAsync(BucketPut("PutBucketPublicAccessBlock", bucket, "publicAccessBlock", block), ct);

    public Task<PublicAccessBlockConfiguration> GetBucketPublicAccessBlockAsync(string bucket, CancellationToken ct = default) =>
        DocumentAsync<PublicAccessBlockConfiguration>(BucketGet("GetBucketPublicAccessBlock", bucket, "publicAccessBlock"), ct);

    public Task DeleteBucketPublicAccessBlockAsync(string bucket, CancellationToken ct = default) =>
        CommandAsync(BucketDelete("DeleteBucketPublicAccessBlock", bucket, "publicAccessBlock"), ct);

    public Task PutBucketTransferAccelerationAsync(string bucket, TransferAccelerationConfiguration acceleration, CancellationToken ct = default) =>
        CommandAsync(BucketPut("PutBucketTransferAcceleration", bucket, "transferAcceleration", acceleration), ct);

    public Task<TransferAccelerationConfiguration> GetBucketTransferAccelerationAsync(string bucket, CancellationToken ct = default) =>
        DocumentAsync<TransferAccelerationConfiguration>(BucketGet("GetBucketTransferAcceleration", bucket, "transferAcceleration"), ct);

    public Task PutBucketAccessMonitorAsync(string bucket, AccessMonitorConfiguration monitor, CancellationToken ct = default) =>
        CommandAsync(BucketPut("PutBucketAccessMonitor", bucket, "accessmonitor", monitor), ct);

    public Task<AccessMonitorConfiguration> GetBucketAccessMonitorAsync(string bucket, CancellationToken ct = default) =>
        DocumentAsync<AccessMonitorConfiguration>(BucketGet("GetBucketAccessMonitor", bucket, "accessmonitor"), ct);

    public Task PutBucketArchiveDirectReadAsync(string bucket, ArchiveDirectReadConfiguration directRead, CancellationToken ct = default) =>
        CommandAsync(BucketPut("PutBucketArchiveDirectRead", bucket, "bucketArchiveDirectRead", directRead), ct);

    public Task<ArchiveDirectReadConfiguration> GetBucketArchiveDirectReadAsync(string bucket, CancellationToken ct = default) =>
        DocumentAsync<ArchiveDirectReadConfiguration>(BucketGet("GetBucketArchiveDirectRead", bucket, "bucketArchiveDirectRead"), ct);

    public Task PutBucketHttpsConfigAsync(string bucket, HttpsConfiguration versions, CancellationToken ct = default) =>
        CommandAsync(BucketPut("PutBucketHttpsConfig", bucket, "httpsConfig", versions), ct);

    public Task<HttpsConfiguration> GetBucketHttpsConfigAsync(string bucket, CancellationToken ct = default) =>
        DocumentAsync<HttpsConfiguration>(BucketGet("GetBucketHttpsConfig", bucket, "httpsConfig"), ct);

    public Task PutBucketResourceGroupAsync(string bucket, BucketResourceGroupConfiguration group, CancellationToken ct = default) =>
        CommandAsync(BucketPut("PutBucketResourceGroup", bucket, "resourceGroup", group), ct);

    public Task<BucketResourceGroupConfiguration> GetBucketResourceGroupAsync(string bucket, CancellationToken ct = default) =>
        DocumentAsync<BucketResourceGroupConfiguration>(BucketGet("GetBucketResourceGroup", bucket, "resourceGroup"), ct);

    public Task PutBucketResponseHeaderAsync(string bucket, ResponseHeaderConfiguration rules, CancellationToken ct = default) =>
        CommandAsync(BucketPut("PutBucketResponseHeader", bucket, "responseHeader", rules), ct);

    public Task<ResponseHeaderConfiguration> GetBucketResponseHeaderAsync(string bucket, CancellationToken ct = default) =>
        DocumentAsync<ResponseHeaderConfiguration>(BucketGet("GetBucketResponseHeader", bucket, "responseHeader"), ct);

    public Task DeleteBucketResponseHeaderAsync(string bucket, CancellationToken ct = default) =>
        CommandAsync(BucketDelete("DeleteBucketResponseHeader", bucket, "responseHeader"), ct);

    public Task PutBucketOverwriteConfigAsync(string bucket, OverwriteConfiguration rules, CancellationToken ct = default) =>
        CommandAsync(BucketPut("PutBucketOverwriteConfig", bucket, "overwriteConfig", rules), ct);

    public Task<OverwriteConfiguration> GetBucketOverwriteConfigAsync(string bucket, CancellationToken ct = default) =>
        DocumentAsync<OverwriteConfiguration>(BucketGet("GetBucketOverwriteConfig", bucket, "overwriteConfig"), ct);

    public Task DeleteBucketOverwriteConfigAsync(string bucket, CancellationToken ct = default) =>
        CommandAsync(BucketDelete("DeleteBucketOverwriteConfig", bucket, "overwriteConfig"), ct);

    public Task PutUserDefinedLogFieldsConfigAsync(string bucket, UserDefinedLogFieldsConfiguration fields, CancellationToken ct = default) =>
        CommandAsync(BucketPut("PutUserDefinedLogFieldsConfig", bucket, "userDefinedLogFieldsConfig", fields), ct);

    public Task<UserDefinedLogFieldsConfiguration> GetUserDefinedLogFieldsConfigAsync(string bucket, CancellationToken ct = default) =>
        DocumentAsync<UserDefinedLogFieldsConfiguration>(BucketGet("GetUserDefinedLogFieldsConfig", bucket, "userDefinedLogFieldsConfig"), ct);

    public Task DeleteUserDefinedLogFieldsConfigAsync(string bucket, CancellationToken ct = default) =>
        CommandAsync(BucketDelete("DeleteUserDefinedLogFieldsConfig", bucket, "userDefinedLogFieldsConfig"), ct);

    /// <summary>How objects are encrypted from now on whose writers say nothing of it; those that are there stay as they are.</summary>
    public Task PutBucketEncryptionAsync(string bucket, ServerSideEncryptionRule rule, CancellationToken ct = default) =>
        CommandAsync(BucketPut("PutBucketEncryption", bucket, "encryption", rule), ct);

    /// <summary>The rule; <c>NoSuchServerSideEncryptionRule</c> when there is none.</summary>
    public Task<ServerSideEncryptionRule> GetBucketEncryptionAsync(string bucket, CancellationToken ct = default) =>
        DocumentAsync<ServerSideEncryptionRule>(BucketGet("GetBucketEncryption", bucket, "encryption"), ct);

    public Task DeleteBucketEncryptionAsync(string bucket, CancellationToken ct = default) =>
        CommandAsync(BucketDelete("DeleteBucketEncryption", bucket, "encryption"), ct);

    /// <summary>Who pays: <c>BucketOwner</c>, or the <c>Requester</c>, who then has to say so with each request.</summary>
    public Task PutBucketRequestPaymentAsync(string bucket, string payer, CancellationToken ct = default) =>
        CommandAsync(BucketPut("PutBucketRequestPayment", bucket, "requestPayment", new RequestPaymentConfiguration(payer)), ct);

    /// <summary><c>BucketOwner</c> or <c>Requester</c>.</summary>
    public async Task<string> GetBucketRequestPaymentAsync(string bucket, CancellationToken ct = default) =>
        (await DocumentAsync<RequestPaymentConfiguration>(BucketGet("GetBucketRequestPayment", bucket, "requestPayment"), ct).ConfigureAwait(false)).Payer;

    /// <summary>Turns logging on; a status without <see cref="LoggingEnabled"/> turns it off.</summary>
    public Task PutBucketLoggingAsync(string bucket, BucketLoggingStatus status, CancellationToken ct = default) =>
        CommandAsync(BucketPut("PutBucketLogging", bucket, "logging", status), ct);

    public Task<BucketLoggingStatus> GetBucketLoggingAsync(string bucket, CancellationToken ct = default) =>
        DocumentAsync<BucketLoggingStatus>(BucketGet("GetBucketLogging", bucket, "logging"), ct);

    public Task DeleteBucketLoggingAsync(string bucket, CancellationToken ct = default) =>
        CommandAsync(BucketDelete("DeleteBucketLogging", bucket, "logging"), ct);

    /// <summary>Adds an inventory; an id that is there with another content is refused with <c>InventoryAlreadyExist</c>.</summary>
    public Task PutBucketInventoryAsync(string bucket, InventoryConfiguration inventory, CancellationToken ct = default) =>
        CommandAsync(OfInventory(BucketPut("PutBucketInventory", bucket, "inventory", inventory), inventory.Id), ct);

    public Task<InventoryConfiguration> GetBucketInventoryAsync(string bucket, string id, CancellationToken ct = default) =>
        DocumentAsync<InventoryConfiguration>(OfInventory(BucketGet("GetBucketInventory", bucket, "inventory"), id), ct);

    /// <summary>One page of up to 100 inventories, by their ids.</summary>
    public Task<ListInventoryConfigurationsResult> ListBucketInventoryPageAsync(string bucket, string? continuationToken = null, CancellationToken ct = default) =>
        DocumentAsync<ListInventoryConfigurationsResult>(
            new()
            {
                Operation = "ListBucketInventory",
                Method = HttpMethod.Get,
                Bucket = bucket,
                Query = Query(("inventory", ""), ("continuation-token", Some(continuationToken))),
            },
            ct);

    public Task DeleteBucketInventoryAsync(string bucket, string id, CancellationToken ct = default) =>
        CommandAsync(OfInventory(BucketDelete("DeleteBucketInventory", bucket, "inventory"), id), ct);

    static OssRequest OfInventory(OssRequest request, string id) => request with { Query = Query(("inventory", ""), ("inventoryId", id)) };

    /// <summary>Has a domain name stand for the bucket; one that stands for another is refused with <c>NeedVerifyDomainOwnership</c>.</summary>
    public Task PutCnameAsync(string bucket, string domain, CancellationToken ct = default) =>
        CommandAsync(OfCname("PutCname", bucket, domain, "add"), ct);

    public Task DeleteCnameAsync(string bucket, string domain, CancellationToken ct = default) =>
        CommandAsync(OfCname("DeleteCname", bucket, domain, "delete"), ct);

    public Task<ListCnameResult> ListCnameAsync(string bucket, CancellationToken ct = default) =>
        DocumentAsync<ListCnameResult>(BucketGet("ListCname", bucket, "cname"), ct);

    /// <summary>What would prove, as a DNS record, whose the name is; this server does not ask for it.</summary>
    public Task<CnameToken> CreateCnameTokenAsync(string bucket, string domain, CancellationToken ct = default) =>
        DocumentAsync<CnameToken>(OfCname("CreateCnameToken", bucket, domain, "token"), ct);

    public Task<CnameToken> GetCnameTokenAsync(string bucket, string domain, CancellationToken ct = default) =>
        DocumentAsync<CnameToken>(
            new() { Operation = "GetCnameToken", Method = HttpMethod.Get, Bucket = bucket, Query = Query(("comp", "token"), ("cname", domain)) }, ct);

    static OssRequest OfCname(string operation, string bucket, string domain, string what) =>
        WithDocument(
            new() { Operation = operation, Method = HttpMethod.Post, Bucket = bucket, Query = Query(("cname", ""), ("comp", what)) },
            new BucketCnameConfiguration(domain));
}
