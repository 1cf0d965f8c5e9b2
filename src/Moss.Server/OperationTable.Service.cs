using System.Collections.Immutable;
using Moss.Server.BucketRules;
using Moss.Server.Operations.Service;
using static Moss.Server.Access;

namespace Moss.Server;

static partial class OperationTable
{
    const string Get = "GET", Put = "PUT", Post = "POST", Delete = "DELETE", Head = "HEAD";

    static class ServiceTable
    {
        internal static readonly ImmutableArray<Operation> Rows =
        [
            new("ListBuckets", Get, Scope.Service, "", "oss:ListBuckets", Owner, ListBuckets.HandleAsync),
            new("DescribeRegions", Get, Scope.Service, "regions", "oss:DescribeRegions", Owner, DescribeRegions.HandleAsync),
            new("DescribeRegions", Get, Scope.Service, "regionList", "oss:DescribeRegions", Owner, DescribeRegions.HandleAsync),
            new("PutPublicAccessBlock", Put, Scope.Service, "publicAccessBlock", "oss:PutPublicAccessBlock", Owner, PublicAccess.PutAsync),
            new("GetPublicAccessBlock", Get, Scope.Service, "publicAccessBlock", "oss:GetPublicAccessBlock", Owner, PublicAccess.GetAsync),
            new("DeletePublicAccessBlock", Delete, Scope.Service, "publicAccessBlock", "oss:DeletePublicAccessBlock", Owner, PublicAccess.DeleteAsync),
            new("ListAccessPoints", Get, Scope.Service, "accessPoint", "oss:ListAccessPoints", Owner),
            new("ListAccessPointsForObjectProcess", Get, Scope.Service, "accessPointForObjectProcess", "oss:ListAccessPointsForObjectProcess", Owner),
            new("ListUserDataRedundancyTransition", Get, Scope.Service, "redundancyTransition", "oss:ListUserDataRedundancyTransition", Owner),
            new("ListCloudBoxes", Get, Scope.Service, "cloudboxes", "oss:ListCloudBoxes", Owner),
            new("GetUserQosInfo", Get, Scope.Service, "qosInfo", "oss:GetUserQosInfo", Owner),
            new("ListResourcePools", Get, Scope.Service, "resourcePool", "oss:ListResourcePools", Owner),
            new("GetResourcePoolInfo", Get, Scope.Service, "resourcePoolInfo", "oss:GetResourcePoolInfo", Owner),
            new("ListResourcePoolBuckets", Get, Scope.Service, "resourcePoolBuckets", "oss:ListResourcePoolBuckets", Owner),
            new("GetResourcePoolRequesterQosInfo", Get, Scope.Service, "requesterQosInfo", "oss:GetResourcePoolRequesterQoSInfo", Owner),
        ];
    }
}
