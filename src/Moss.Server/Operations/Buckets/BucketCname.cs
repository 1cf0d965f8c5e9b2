using Moss.Protocol.Errors;
using Moss.Protocol.Limits;
using Moss.Protocol.Xml;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Buckets;

/// <summary>
/// CreateCnameToken, GetCnameToken, PutCname, ListCname and DeleteCname (https://help.aliyun.com/zh/oss/developer-reference/putcname). A bound name stands for the bucket
/// at once; see <see cref="BucketRules.CnameTable"/> for whose it can be.
/// </summary>
static class BucketCname
{
    public static async Task PutAsync(OssContext context, CancellationToken ct)
    {
        var configuration = await ReadAsync(context, ct);
        if (configuration.HasCertificate)
        {
            throw new OssException(OssErrors.NotImplemented, "A certificate for a domain name is not implemented: the server's own certificate is used.");
        }

        context.Services.Buckets.Cnames.RequireBindable(configuration.Domain, context.Request, context.Caller);
        await context.Services.Buckets.Cnames.BindAsync(context.Bucket, configuration.Domain, ct);
        await context.Empty();
    }

    public static async Task DeleteAsync(OssContext context, CancellationToken ct)
    {
        await context.Services.Buckets.Cnames.ReleaseAsync(context.Bucket, (await ReadAsync(context, ct)).Domain, ct);
        await context.Empty();
    }

    public static async Task ListAsync(OssContext context, CancellationToken ct) =>
        await context.XmlAsync(await context.Services.Buckets.Cnames.ListAsync(context.Bucket, ct), ct);

    public static async Task CreateTokenAsync(OssContext context, CancellationToken ct) =>
        await context.XmlAsync(await context.Services.Buckets.Cnames.CreateTokenAsync(context.Bucket, (await ReadAsync(context, ct)).Domain, ct), ct);

    public static async Task GetTokenAsync(OssContext context, CancellationToken ct)
    {
        var token = await context.Services.Buckets.Cnames.FindTokenAsync(context.Bucket, context.Query["cname"] ?? "", ct);
        await context.XmlAsync(token ?? throw new OssException(OssErrors.NoSuchCnameToken), ct);
    }

    static async ValueTask<BucketCnameConfiguration> ReadAsync(OssContext context, CancellationToken ct)
    {
        var body = await RequestBody.ReadDocumentAsync(context, OssLimits.MaxDocumentBytes, ct);
        return body.IsEmpty ? throw OssErrors.Xml("there is no body.") : XmlDocuments.Parse<BucketCnameConfiguration>(body);
    }
}
