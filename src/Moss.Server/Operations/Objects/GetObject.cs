using Microsoft.AspNetCore.Http;
using Moss.Server.Lifecycle;
using Moss.Server.Operations.Headers;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Objects;

/// <summary>
/// GetObject. A range that is not wholly inside the object gives all of it, unless x-oss-range-behavior: standard. ETag, Content-MD5 and
/// x-oss-hash-crc64ecma are of the whole object even in a 206. Every byte is checked before it is sent: damage found before the first byte is
/// a 500, damage found later cuts the connection.
/// </summary>
static class GetObject
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var pace = TrafficPace.Requested(context);
        var version = VersionParameter.Read(context);
        await using var content = await context.Storage.Objects.OpenAsync(
            context.Bucket, context.Key, version, ConditionHeaders.OfRead(context), ct);
        var standard = context.GivenHeader("x-oss-range-behavior")?.Equals("standard", StringComparison.OrdinalIgnoreCase) == true;
        var size = content.Record.Size;
        var range = ByteRange.Resolve(context.GivenHeader("Range"), size, standard);

        ObjectResponse.Describe(context, content.View);
        await ExpirationHeader.SetAsync(context, content.View, ct);
        ObjectResponse.Override(context);
        context.Response.ContentLength = range.Length;
        if (range.IsPartial)
        {
            context.Response.StatusCode = StatusCodes.Status206PartialContent;
            context.Response.Headers.ContentRange = $"bytes {range.Offset}-{range.Offset + range.Length - 1}/{size}";
        }

        var writer = new SentBytes(context, context.Response.BodyWriter);
        await content.CopyToAsync(pace is null ? writer : new PacedWriter(writer, pace), range.Offset, range.Length, ct);
    }
}
