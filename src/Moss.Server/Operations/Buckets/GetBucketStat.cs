using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Buckets;

/// <summary>GetBucketStat. The numbers are live; the real service's lag. Parts of open uploads count in Storage.</summary>
static class GetBucketStat
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var stat = await context.Storage.Buckets.StatAsync(context.Bucket, ct);
        var numbers = BucketStat.Names.ToDictionary(name => name, _ => 0L, StringComparer.Ordinal);
        numbers["Storage"] = stat.Uploads.Bytes + stat.Classes.Sum(totals => totals.Bytes);
        numbers["ObjectCount"] = stat.Classes.Sum(totals => totals.Objects);
        numbers["MultipartUploadCount"] = stat.Uploads.Uploads;
        numbers["MultipartPartCount"] = stat.Uploads.Parts;
        numbers["DeleteMarkerCount"] = stat.Classes.Sum(totals => totals.DeleteMarkers);
        numbers["LastModifiedTime"] = context.Services.Time.GetUtcNow().ToUnixTimeSeconds();
        foreach (var totals in stat.Classes)
        {
            var name = totals.StorageClass == StorageClass.IA ? "InfrequentAccess" : totals.StorageClass.ToWire();
            numbers[name + "Storage"] = totals.Bytes;
            numbers[name + "ObjectCount"] = totals.Objects;
            if (totals.StorageClass != StorageClass.Standard)
            {
                numbers[name + "RealStorage"] = totals.Bytes;
            }
        }

        await context.XmlAsync(new BucketStat([.. BucketStat.Names.Select(name => KeyValuePair.Create(name, numbers[name]))]), ct);
    }
}
