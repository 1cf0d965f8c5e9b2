using System.Collections.Immutable;
using Moss.Server.BucketRules;
using Moss.Server.Operations.Buckets;
using static Moss.Server.Access;
using Objects = Moss.Server.Operations.Objects;

namespace Moss.Server;

static partial class OperationTable
{
    /// <summary>The preflight of a browser, which routes by its method alone. In a class of its own, so that it is there before any row.</summary>
    static class Preflight
    {
        internal static readonly Operation OptionObject =
            new("OptionObject", "OPTIONS", Scope.Bucket, "", "", Free, Objects.OptionObject.HandleAsync);
    }

    static class BucketTable
    {
        internal static readonly ImmutableArray<Operation> Rows =
        [
            // Basics
            new("PutBucket", Put, Scope.Bucket, "", "oss:PutBucket", Owner, PutBucket.HandleAsync),
            new("DeleteBucket", Delete, Scope.Bucket, "", "oss:DeleteBucket", Owner, DeleteBucket.HandleAsync),
            new("HeadBucket", Head, Scope.Bucket, "", "oss:GetBucketInfo", Owner, HeadBucket.HandleAsync),
            new("ListObjects", Get, Scope.Bucket, "", "oss:ListObjects", Owner, ListObjects.HandleAsync),
            new("ListObjectsV2", Get, Scope.Bucket, "list-type", "oss:ListObjects", Owner, ListObjectsV2.HandleAsync),
            new("ListObjectVersions", Get, Scope.Bucket, "versions", "oss:ListObjectVersions", Owner, ListObjectVersions.HandleAsync),
            new("GetBucketInfo", Get, Scope.Bucket, "bucketInfo", "oss:GetBucketInfo", Owner, GetBucketInfo.HandleAsync),
            new("GetBucketLocation", Get, Scope.Bucket, "location", "oss:GetBucketLocation", Owner, GetBucketLocation.HandleAsync),
            new("GetBucketStat", Get, Scope.Bucket, "stat", "oss:GetBucketStat", Owner, GetBucketStat.HandleAsync),
            new("PutBucketAcl", Put, Scope.Bucket, "acl", "oss:PutBucketAcl", Owner, PutBucketAcl.HandleAsync),
            new("GetBucketAcl", Get, Scope.Bucket, "acl", "oss:GetBucketAcl", Owner, GetBucketAcl.HandleAsync),
            new("DeleteMultipleObjects", Post, Scope.Bucket, "delete", "oss:DeleteObject|oss:DeleteObjectVersion", Free, Objects.DeleteMultipleObjects.HandleAsync),
            new("PostObject", Post, Scope.Bucket, "", "oss:PutObject", Free, PostObject.PostObjectOperation.HandleAsync),

            // Versioning, lifecycle, CORS, hotlink protection, website, logging
            new("PutBucketVersioning", Put, Scope.Bucket, "versioning", "oss:PutBucketVersioning", Owner, PutBucketVersioning.HandleAsync),
            new("GetBucketVersioning", Get, Scope.Bucket, "versioning", "oss:GetBucketVersioning", Owner, GetBucketVersioning.HandleAsync),
            new("PutBucketLifecycle", Put, Scope.Bucket, "lifecycle", "oss:PutBucketLifecycle", Owner, BucketLifecycle.Document.PutAsync),
            new("GetBucketLifecycle", Get, Scope.Bucket, "lifecycle", "oss:GetBucketLifecycle", Owner, BucketLifecycle.Document.GetAsync),
            new("DeleteBucketLifecycle", Delete, Scope.Bucket, "lifecycle", "oss:DeleteBucketLifecycle", Owner, BucketLifecycle.Document.DeleteAsync),
            new("PutBucketCors", Put, Scope.Bucket, "cors", "oss:PutBucketCors", Owner, BucketCors.Document.PutAsync),
            new("GetBucketCors", Get, Scope.Bucket, "cors", "oss:GetBucketCors", Owner, BucketCors.Document.GetAsync),
            new("DeleteBucketCors", Delete, Scope.Bucket, "cors", "oss:DeleteBucketCors", Owner, BucketCors.Document.DeleteAsync),
            Preflight.OptionObject,
            new("PutBucketReferer", Put, Scope.Bucket, "referer", "oss:PutBucketReferer", Owner, BucketReferer.Document.PutAsync),
            new("GetBucketReferer", Get, Scope.Bucket, "referer", "oss:GetBucketReferer", Owner, BucketReferer.Document.GetAsync),
            new("PutBucketWebsite", Put, Scope.Bucket, "website", "oss:PutBucketWebsite", Owner, BucketWebsite.Document.PutAsync),
            new("GetBucketWebsite", Get, Scope.Bucket, "website", "oss:GetBucketWebsite", Owner, BucketWebsite.Document.GetAsync),
            new("DeleteBucketWebsite", Delete, Scope.Bucket, "website", "oss:DeleteBucketWebsite", Owner, BucketWebsite.Document.DeleteAsync),
            new("PutBucketLogging", Put, Scope.Bucket, "logging", "oss:PutBucketLogging", Owner, BucketLogging.PutAsync),
            new("GetBucketLogging", Get, Scope.Bucket, "logging", "oss:GetBucketLogging", Owner, BucketLogging.GetAsync),
            new("DeleteBucketLogging", Delete, Scope.Bucket, "logging", "oss:DeleteBucketLogging", Owner, BucketLogging.DeleteAsync),
            new("PutUserDefinedLogFieldsConfig", Put, Scope.Bucket, "userDefinedLogFieldsConfig", "oss:PutUserDefinedLogFieldsConfig", Owner, BucketLogFields.Document.PutAsync),
            new("GetUserDefinedLogFieldsConfig", Get, Scope.Bucket, "userDefinedLogFieldsConfig", "oss:GetUserDefinedLogFieldsConfig", Owner, BucketLogFields.Document.GetAsync),
            new("DeleteUserDefinedLogFieldsConfig", Delete, Scope.Bucket, "userDefinedLogFieldsConfig", "oss:DeleteUserDefinedLogFieldsConfig", Owner, BucketLogFields.Document.DeleteAsync),

            // Encryption, tags, policy, payment, acceleration, access
            new("PutBucketEncryption", Put, Scope.Bucket, "encryption", "oss:PutBucketEncryption", Owner, BucketEncryption.PutAsync),
            new("GetBucketEncryption", Get, Scope.Bucket, "encryption", "oss:GetBucketEncryption", Owner, BucketEncryption.GetAsync),
            new("DeleteBucketEncryption", Delete, Scope.Bucket, "encryption", "oss:DeleteBucketEncryption", Owner, BucketEncryption.DeleteAsync),
            new("PutBucketTags", Put, Scope.Bucket, "tagging", "oss:PutBucketTagging", Owner, BucketTags.Document.PutAsync),
            new("GetBucketTags", Get, Scope.Bucket, "tagging", "oss:GetBucketTagging", Owner, BucketTags.Document.GetAsync),
            new("DeleteBucketTags", Delete, Scope.Bucket, "tagging", "oss:DeleteBucketTagging", Owner, BucketTags.DeleteAsync),
            new("PutBucketPolicy", Put, Scope.Bucket, "policy", "oss:PutBucketPolicy", Owner, BucketPolicy.PutAsync),
            new("GetBucketPolicy", Get, Scope.Bucket, "policy", "oss:GetBucketPolicy", Owner, BucketPolicy.GetAsync),
            new("DeleteBucketPolicy", Delete, Scope.Bucket, "policy", "oss:DeleteBucketPolicy", Owner, BucketPolicy.DeleteAsync),
            new("GetBucketPolicyStatus", Get, Scope.Bucket, "policyStatus", "oss:GetBucketPolicyStatus", Owner, BucketPolicy.GetStatusAsync),
            new("PutBucketRequestPayment", Put, Scope.Bucket, "requestPayment", "oss:PutBucketRequestPayment", Owner, BucketRequestPayment.Document.PutAsync),
            new("GetBucketRequestPayment", Get, Scope.Bucket, "requestPayment", "oss:GetBucketRequestPayment", Owner, BucketRequestPayment.Document.GetAsync),
            new("PutBucketTransferAcceleration", Put, Scope.Bucket, "transferAcceleration", "oss:PutBucketTransferAcceleration", Owner, BucketSwitches.TransferAcceleration.PutAsync),
            new("GetBucketTransferAcceleration", Get, Scope.Bucket, "transferAcceleration", "oss:GetBucketTransferAcceleration", Owner, BucketSwitches.TransferAcceleration.GetAsync),
            new("PutBucketPublicAccessBlock", Put, Scope.Bucket, "publicAccessBlock", "oss:PutBucketPublicAccessBlock", Owner, PublicAccess.Document.PutAsync),
            new("GetBucketPublicAccessBlock", Get, Scope.Bucket, "publicAccessBlock", "oss:GetBucketPublicAccessBlock", Owner, PublicAccess.Document.GetAsync),
            new("DeleteBucketPublicAccessBlock", Delete, Scope.Bucket, "publicAccessBlock", "oss:DeleteBucketPublicAccessBlock", Owner, PublicAccess.Document.DeleteAsync),
            new("PutBucketAccessMonitor", Put, Scope.Bucket, "accessmonitor", "oss:PutBucketAccessMonitor", Owner, BucketSwitches.AccessMonitor.PutAsync),
            new("GetBucketAccessMonitor", Get, Scope.Bucket, "accessmonitor", "oss:GetBucketAccessMonitor", Owner, BucketSwitches.AccessMonitor.GetAsync),
            new("PutBucketArchiveDirectRead", Put, Scope.Bucket, "bucketArchiveDirectRead", "oss:PutBucketArchiveDirectRead", Owner, BucketSwitches.ArchiveDirectRead.PutAsync),
            new("GetBucketArchiveDirectRead", Get, Scope.Bucket, "bucketArchiveDirectRead", "oss:GetBucketArchiveDirectRead", Owner, BucketSwitches.ArchiveDirectRead.GetAsync),
            new("PutBucketHttpsConfig", Put, Scope.Bucket, "httpsConfig", "oss:PutBucketHttpsConfig", Owner, BucketSwitches.Https.PutAsync),
            new("GetBucketHttpsConfig", Get, Scope.Bucket, "httpsConfig", "oss:GetBucketHttpsConfig", Owner, BucketSwitches.Https.GetAsync),
            new("PutBucketResourceGroup", Put, Scope.Bucket, "resourceGroup", "oss:PutBucketResourceGroup", Owner, BucketSwitches.PutResourceGroupAsync),
            new("GetBucketResourceGroup", Get, Scope.Bucket, "resourceGroup", "oss:GetBucketResourceGroup", Owner, BucketSwitches.GetResourceGroupAsync),
            new("PutBucketResponseHeader", Put, Scope.Bucket, "responseHeader", "oss:PutBucketResponseHeader", Owner, BucketResponseHeader.Document.PutAsync),
            new("GetBucketResponseHeader", Get, Scope.Bucket, "responseHeader", "oss:GetBucketResponseHeader", Owner, BucketResponseHeader.Document.GetAsync),
            new("DeleteBucketResponseHeader", Delete, Scope.Bucket, "responseHeader", "oss:DeleteBucketResponseHeader", Owner, BucketResponseHeader.Document.DeleteAsync),
            new("PutBucketOverwriteConfig", Put, Scope.Bucket, "overwriteConfig", "oss:PutBucketOverwriteConfig", Owner, BucketOverwriteConfig.Document.PutAsync),
            new("GetBucketOverwriteConfig", Get, Scope.Bucket, "overwriteConfig", "oss:GetBucketOverwriteConfig", Owner, BucketOverwriteConfig.Document.GetAsync),
            new("DeleteBucketOverwriteConfig", Delete, Scope.Bucket, "overwriteConfig", "oss:DeleteBucketOverwriteConfig", Owner, BucketOverwriteConfig.Document.DeleteAsync),
            new("PutBucketObjectWormConfiguration", Put, Scope.Bucket, "objectWorm", "oss:PutBucketObjectWormConfiguration", Owner),
            new("GetBucketObjectWormConfiguration", Get, Scope.Bucket, "objectWorm", "oss:GetBucketObjectWormConfiguration", Owner),

            // Inventory, retention, styles, names
            new("PutBucketInventory", Put, Scope.Bucket, "inventory&inventoryId", "oss:PutBucketInventory", Owner, BucketInventory.PutAsync),
            new("GetBucketInventory", Get, Scope.Bucket, "inventory&inventoryId", "oss:GetBucketInventory", Owner, BucketInventory.GetAsync),
            new("ListBucketInventory", Get, Scope.Bucket, "inventory", "oss:GetBucketInventory", Owner, BucketInventory.ListAsync),
            new("DeleteBucketInventory", Delete, Scope.Bucket, "inventory&inventoryId", "oss:DeleteBucketInventory", Owner, BucketInventory.DeleteAsync),
            new("InitiateBucketWorm", Post, Scope.Bucket, "worm", "oss:InitiateBucketWorm", Owner, BucketWorm.InitiateAsync),
            new("GetBucketWorm", Get, Scope.Bucket, "worm", "oss:GetBucketWorm", Owner, BucketWorm.GetAsync),
            new("AbortBucketWorm", Delete, Scope.Bucket, "worm", "oss:AbortBucketWorm", Owner, BucketWorm.AbortAsync),
            new("ExtendBucketWorm", Post, Scope.Bucket, "wormId&wormExtend", "oss:ExtendBucketWorm", Owner, BucketWorm.ExtendAsync),
            new("CompleteBucketWorm", Post, Scope.Bucket, "wormId", "oss:CompleteBucketWorm", Owner, BucketWorm.CompleteAsync),
            new("PutStyle", Put, Scope.Bucket, "style&styleName", "oss:PutStyle", Owner),
            new("GetStyle", Get, Scope.Bucket, "style&styleName", "oss:GetStyle", Owner),
            new("ListStyle", Get, Scope.Bucket, "style", "oss:ListStyle", Owner),
            new("DeleteStyle", Delete, Scope.Bucket, "style&styleName", "oss:DeleteStyle", Owner, Unset.DeleteAsync) { Serving = Serving.DefaultAnswer },
            new("PutCname", Post, Scope.Bucket, "cname&comp=add", "oss:PutCname", Owner, BucketCname.PutAsync),
            new("DeleteCname", Post, Scope.Bucket, "cname&comp=delete", "oss:DeleteCname", Owner, BucketCname.DeleteAsync),
            new("CreateCnameToken", Post, Scope.Bucket, "cname&comp=token", "oss:CreateCnameToken", Owner, BucketCname.CreateTokenAsync),
            new("GetCnameToken", Get, Scope.Bucket, "cname&comp=token", "oss:GetCnameToken", Owner, BucketCname.GetTokenAsync),
            new("ListCname", Get, Scope.Bucket, "cname", "oss:ListCname", Owner, BucketCname.ListAsync),

            // Replication, redundancy, queries
            new("PutBucketReplication", Post, Scope.Bucket, "replication&comp=add", "oss:PutBucketReplication", Owner),
            new("DeleteBucketReplication", Post, Scope.Bucket, "replication&comp=delete", "oss:DeleteBucketReplication", Owner),
            new("GetBucketReplication", Get, Scope.Bucket, "replication", "oss:GetBucketReplication", Owner, Unset.Replication) { Serving = Serving.DefaultAnswer },
            new("GetBucketReplicationLocation", Get, Scope.Bucket, "replicationLocation", "oss:GetBucketReplicationLocation", Owner),
            new("GetBucketReplicationProgress", Get, Scope.Bucket, "replicationProgress", "oss:GetBucketReplicationProgress", Owner, Unset.Replication) { Serving = Serving.DefaultAnswer },
            new("PutBucketRTC", Put, Scope.Bucket, "rtc", "oss:PutBucketRTC", Owner),
            new("CreateBucketDataRedundancyTransition", Post, Scope.Bucket, "redundancyTransition", "oss:CreateBucketDataRedundancyTransition", Owner),
            new("GetBucketDataRedundancyTransition", Get, Scope.Bucket, "redundancyTransition&x-oss-redundancy-transition-taskid", "oss:GetBucketDataRedundancyTransition", Owner),
            new("ListBucketDataRedundancyTransition", Get, Scope.Bucket, "redundancyTransition", "oss:ListBucketDataRedundancyTransition", Owner),
            new("DeleteBucketDataRedundancyTransition", Delete, Scope.Bucket, "redundancyTransition&x-oss-redundancy-transition-taskid", "oss:DeleteBucketDataRedundancyTransition", Owner),
            new("OpenMetaQuery", Post, Scope.Bucket, "metaQuery&comp=add", "oss:OpenMetaQuery", Owner),
            new("DoMetaQuery", Post, Scope.Bucket, "metaQuery&comp=query", "oss:DoMetaQuery", Owner),
            new("CloseMetaQuery", Post, Scope.Bucket, "metaQuery&comp=delete", "oss:CloseMetaQuery", Owner),
            new("GetMetaQueryStatus", Get, Scope.Bucket, "metaQuery", "oss:GetMetaQueryStatus", Owner),

            // Access points, quality of service, fetching, live channels
            new("CreateAccessPoint", Put, Scope.Bucket, "accessPoint", "oss:CreateAccessPoint", Owner),
            new("GetAccessPoint", Get, Scope.Bucket, "accessPoint&@x-oss-access-point-name", "oss:GetAccessPoint", Owner),
            new("ListAccessPoints", Get, Scope.Bucket, "accessPoint", "oss:ListAccessPoints", Owner),
            new("DeleteAccessPoint", Delete, Scope.Bucket, "accessPoint", "oss:DeleteAccessPoint", Owner),
            new("PutAccessPointPolicy", Put, Scope.Bucket, "accessPointPolicy", "oss:PutAccessPointPolicy", Owner),
            new("GetAccessPointPolicy", Get, Scope.Bucket, "accessPointPolicy", "oss:GetAccessPointPolicy", Owner),
            new("DeleteAccessPointPolicy", Delete, Scope.Bucket, "accessPointPolicy", "oss:DeleteAccessPointPolicy", Owner),
            new("CreateAccessPointForObjectProcess", Put, Scope.Bucket, "accessPointForObjectProcess", "oss:CreateAccessPointForObjectProcess", Owner),
            new("GetAccessPointForObjectProcess", Get, Scope.Bucket, "accessPointForObjectProcess", "oss:GetAccessPointForObjectProcess", Owner),
            new("DeleteAccessPointForObjectProcess", Delete, Scope.Bucket, "accessPointForObjectProcess", "oss:DeleteAccessPointForObjectProcess", Owner),
            new("PutAccessPointConfigForObjectProcess", Put, Scope.Bucket, "accessPointConfigForObjectProcess", "oss:PutAccessPointConfigForObjectProcess", Owner),
            new("GetAccessPointConfigForObjectProcess", Get, Scope.Bucket, "accessPointConfigForObjectProcess", "oss:GetAccessPointConfigForObjectProcess", Owner),
            new("PutAccessPointPolicyForObjectProcess", Put, Scope.Bucket, "accessPointPolicyForObjectProcess", "oss:PutAccessPointPolicyForObjectProcess", Owner),
            new("GetAccessPointPolicyForObjectProcess", Get, Scope.Bucket, "accessPointPolicyForObjectProcess", "oss:GetAccessPointPolicyForObjectProcess", Owner),
            new("DeleteAccessPointPolicyForObjectProcess", Delete, Scope.Bucket, "accessPointPolicyForObjectProcess", "oss:DeleteAccessPointPolicyForObjectProcess", Owner),
            new("PutBucketQosInfo", Put, Scope.Bucket, "qosInfo", "oss:PutBucketQosInfo", Owner),
            new("GetBucketQosInfo", Get, Scope.Bucket, "qosInfo", "oss:GetBucketQosInfo", Owner),
            new("DeleteBucketQosInfo", Delete, Scope.Bucket, "qosInfo", "oss:DeleteBucketQosInfo", Owner),
            new("PutBucketRequesterQosInfo", Put, Scope.Bucket, "requesterQosInfo", "oss:PutBucketRequesterQosInfo", Owner),
            new("GetBucketRequesterQosInfo", Get, Scope.Bucket, "requesterQosInfo", "oss:GetBucketRequesterQosInfo", Owner),
            new("DeleteBucketRequesterQosInfo", Delete, Scope.Bucket, "requesterQosInfo", "oss:DeleteBucketRequesterQosInfo", Owner),
            new("PutAsyncFetchTask", Post, Scope.Bucket, "asyncFetch", "oss:PutAsyncFetchTask", Owner),
            new("GetAsyncFetchTask", Get, Scope.Bucket, "asyncFetch", "oss:GetAsyncFetchTask", Owner),
            new("ListLiveChannel", Get, Scope.Bucket, "live", "oss:ListLiveChannel", Owner, Unset.ListLiveChannel) { Serving = Serving.DefaultAnswer },
        ];
    }
}
