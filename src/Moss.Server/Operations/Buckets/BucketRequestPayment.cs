using Moss.Protocol.Errors;
using Moss.Protocol.Limits;
using Moss.Protocol.Xml;
using Moss.Server.AccessControl;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Buckets;

/// <summary>
/// Put- and GetBucketRequestPayment. Where the requester pays, strangers must say that they will: see the authorizer. Nobody is charged.
/// </summary>
static class BucketRequestPayment
{
    public static async Task PutAsync(OssContext context, CancellationToken ct)
    {
        var document = await RequestBody.ReadDocumentAsync(context, OssLimits.MaxDocumentBytes, ct);
        if (document.IsEmpty)
        {
            throw OssErrors.Xml("there is no body.");
        }

        var payer = XmlDocuments.Parse<RequestPaymentConfiguration>(document).Payer;
        if (payer is not ("BucketOwner" or "Requester"))
        {
            throw OssErrors.Xml("Payer must be BucketOwner or Requester.");
        }

        using var buffer = new PooledBuffer();
        XmlDocuments.Write(buffer, new RequestPaymentConfiguration(payer));
        await context.Storage.Buckets.PutConfigurationAsync(context.Bucket, BucketFactsReader.RequestPaymentName, buffer.Written.ToArray(), ct);
        await context.Empty();
    }

    public static async Task GetAsync(OssContext context, CancellationToken ct)
    {
        var stored = await context.Storage.Buckets.FindConfigurationAsync(context.Bucket, BucketFactsReader.RequestPaymentName, ct);
        await context.XmlAsync(stored is null ? new("BucketOwner") : XmlDocuments.Parse<RequestPaymentConfiguration>(stored), ct);
    }

    sealed record RequestPaymentConfiguration(string Payer) : IXmlDocument<RequestPaymentConfiguration>
    {
        public static string Root => "RequestPaymentConfiguration";

        public static RequestPaymentConfiguration Read(XmlDocumentReader reader)
        {
            var payer = "";
            var parent = reader.Enter();
            while (reader.Next(parent))
            {
                if (reader.Name == "Payer")
                {
                    payer = reader.Text();
                }
            }

            return new(payer);
        }

        public void Write(XmlDocumentWriter writer) => writer.Element("Payer", Payer);
    }
}
