using System.Collections.Immutable;
using Moss.Server.Operations.Multipart;
using Moss.Server.Operations.Objects;
using static Moss.Server.Access;

namespace Moss.Server;

static partial class OperationTable
{
    static class ObjectTable
    {
        internal static readonly ImmutableArray<Operation> Rows =
        [
            // Content
            new("CopyObject", Put, Scope.Object, "@x-oss-copy-source", "oss:PutObject", Write, CopyObject.HandleAsync),
            new("PutObject", Put, Scope.Object, "", "oss:PutObject", Write, PutObject.HandleAsync),
            new("GetObject", Get, Scope.Object, "", "oss:GetObject|oss:GetObjectVersion", Read, GetObject.HandleAsync),
            new("HeadObject", Head, Scope.Object, "", "oss:GetObject|oss:GetObjectVersion", Read, HeadObject.HandleAsync),
            new("GetObjectMeta", Head, Scope.Object, "objectMeta", "oss:GetObject|oss:GetObjectVersion", Read, GetObjectMeta.HandleAsync),
            new("GetObjectMeta", Get, Scope.Object, "objectMeta", "oss:GetObject|oss:GetObjectVersion", Read, GetObjectMeta.HandleAsync),
            new("AppendObject", Post, Scope.Object, "append", "oss:PutObject", Write, AppendObject.HandleAsync),
            new("SealAppendObject", Post, Scope.Object, "seal", "oss:PutObject", Write, SealAppendObject.HandleAsync),
            new("DeleteObject", Delete, Scope.Object, "", "oss:DeleteObject|oss:DeleteObjectVersion", Write, DeleteObject.HandleAsync),

            // Attributes
            new("PutObjectAcl", Put, Scope.Object, "acl", "oss:PutObjectAcl|oss:PutObjectVersionAcl", Owner, PutObjectAcl.HandleAsync),
            new("GetObjectAcl", Get, Scope.Object, "acl", "oss:GetObjectAcl|oss:GetObjectVersionAcl", Owner, GetObjectAcl.HandleAsync),
            new("PutSymlink", Put, Scope.Object, "symlink", "oss:PutObject", Write, PutSymlink.HandleAsync),
            new("GetSymlink", Get, Scope.Object, "symlink", "oss:GetObject|oss:GetObjectVersion", Read, GetSymlink.HandleAsync),
            new("PutObjectTagging", Put, Scope.Object, "tagging", "oss:PutObjectTagging|oss:PutObjectVersionTagging", Owner, PutObjectTagging.HandleAsync),
            new("GetObjectTagging", Get, Scope.Object, "tagging", "oss:GetObjectTagging|oss:GetObjectVersionTagging", Owner, GetObjectTagging.HandleAsync),
            new("DeleteObjectTagging", Delete, Scope.Object, "tagging", "oss:DeleteObjectTagging|oss:DeleteObjectVersionTagging", Owner, DeleteObjectTagging.HandleAsync),
            new("RestoreObject", Post, Scope.Object, "restore", "oss:RestoreObject|oss:RestoreObjectVersion", Write, RestoreObject.HandleAsync),
            new("CleanRestoredObject", Post, Scope.Object, "cleanRestoredObject", "oss:CleanRestoredObject", Write, RestoreObject.CleanAsync),
            new("PutObjectRetention", Put, Scope.Object, "retention", "oss:PutObjectRetention", Owner),
            new("GetObjectRetention", Get, Scope.Object, "retention", "oss:GetObjectRetention", Owner),
            new("PutObjectLegalHold", Put, Scope.Object, "legalHold", "oss:PutObjectLegalHold", Owner),
            new("GetObjectLegalHold", Get, Scope.Object, "legalHold", "oss:GetObjectLegalHold", Owner),

            // Processing, directories, live channels
            new("SelectObject", Post, Scope.Object, "x-oss-process=csv/*", "oss:GetObject", Read),
            new("SelectObject", Post, Scope.Object, "x-oss-process=json/*", "oss:GetObject", Read),
            new("ProcessObject", Get, Scope.Object, "x-oss-process", "oss:GetObject|oss:GetObjectVersion", Read),
            new("PostProcessObject", Post, Scope.Object, "x-oss-process", "oss:PostProcessTask", Write),
            new("AsyncProcessObject", Post, Scope.Object, "x-oss-async-process", "oss:PostProcessTask", Write),
            new("WriteGetObjectResponse", Post, Scope.Object, "x-oss-write-get-object-response", "oss:WriteGetObjectResponse", Owner),
            new("CreateDirectory", Post, Scope.Object, "x-oss-dir", "oss:PutObject", Write),
            new("DeleteDirectory", Post, Scope.Object, "x-oss-delete", "oss:DeleteObject", Write),
            new("Rename", Post, Scope.Object, "x-oss-rename", "oss:PutObject", Write),
            new("PutLiveChannelStatus", Put, Scope.Object, "live&status", "oss:PutLiveChannelStatus", Owner),
            new("PutLiveChannel", Put, Scope.Object, "live", "oss:PutLiveChannel", Owner),
            new("GetLiveChannelStat", Get, Scope.Object, "live&comp=stat", "oss:GetLiveChannelStat", Owner),
            new("GetLiveChannelHistory", Get, Scope.Object, "live&comp=history", "oss:GetLiveChannelHistory", Owner),
            new("GetLiveChannelInfo", Get, Scope.Object, "live", "oss:GetLiveChannel", Owner),
            new("DeleteLiveChannel", Delete, Scope.Object, "live", "oss:DeleteLiveChannel", Owner),
            new("PostVodPlaylist", Post, Scope.Object, "vod", "oss:PostVodPlaylist", Owner),
            new("GetVodPlaylist", Get, Scope.Object, "vod", "oss:GetVodPlaylist", Owner),
        ];
    }

    static class MultipartTable
    {
        internal static readonly ImmutableArray<Operation> Rows =
        [
            new("InitiateMultipartUpload", Post, Scope.Object, "uploads", "oss:PutObject", Write, InitiateMultipartUpload.HandleAsync),
            new("UploadPartCopy", Put, Scope.Object, "uploadId&@x-oss-copy-source", "oss:PutObject", Write, UploadPartCopy.HandleAsync),
            new("UploadPart", Put, Scope.Object, "uploadId", "oss:PutObject", Write, UploadPart.HandleAsync),
            new("UploadPart", Put, Scope.Object, "partNumber", "oss:PutObject", Write, UploadPart.HandleAsync),
            new("CompleteMultipartUpload", Post, Scope.Object, "uploadId", "oss:PutObject", Write, CompleteMultipartUpload.HandleAsync),
            new("AbortMultipartUpload", Delete, Scope.Object, "uploadId", "oss:AbortMultipartUpload", Write, AbortMultipartUpload.HandleAsync),
            new("ListParts", Get, Scope.Object, "uploadId", "oss:ListParts", Write, ListParts.HandleAsync),
            new("ListMultipartUploads", Get, Scope.Bucket, "uploads", "oss:ListMultipartUploads", Owner, ListMultipartUploads.HandleAsync),
        ];
    }
}
