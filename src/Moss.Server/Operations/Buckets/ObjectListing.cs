using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Storage.Metadata;

namespace Moss.Server.Operations.Buckets;

/// <summary>How the three object listings show an object.</summary>
static class ObjectListing
{
    public static ListedObject Entry(ObjectSummary summary, bool withOwner) => new(
        summary.Key.Value,
        summary.LastModified,
        summary.ETag.Quoted,
        summary.Type.ToWire(),
        summary.Size,
        summary.StorageClass.ToWire(),
        withOwner ? new Owner(summary.OwnerId, summary.OwnerId) : null);
}
