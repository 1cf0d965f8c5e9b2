using Microsoft.AspNetCore.Http;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Buckets;

/// <summary>DeleteBucket. Any object, version, delete marker or open upload keeps it (409 BucketNotEmpty). Its name is free at once.</summary>
static class DeleteBucket
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        await context.Storage.Buckets.DeleteAsync(context.Bucket, ct);
        await context.Services.Buckets.ForgetAsync(context.Bucket);
        await context.Empty(StatusCodes.Status204NoContent);
    }
}
