using Moss.Protocol.Errors;
using Moss.Protocol.Xml;
using Moss.Server.AccessControl;

namespace Moss.Server.Operations.Buckets;

/// <summary>
/// Put- and GetBucketRequestPayment. Where the requester pays, strangers must say that they will: see the authorizer. Nobody is charged.
/// </summary>
static class BucketRequestPayment
{
    public static readonly BucketDocument<RequestPaymentConfiguration> Document = new(BucketFactsReader.RequestPaymentName)
    {
        Default = new("BucketOwner"),
        Accept = static (_, document, _) => document.Payer is "BucketOwner" or "Requester"
            ? new(document)
            : throw OssErrors.Xml("Payer must be BucketOwner or Requester."),
    };
}
