using Moss.Protocol.Errors;
using Moss.Protocol.Names;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Multipart;

/// <summary><c>uploadId</c> and <c>partNumber</c>, as the calls about parts name them.</summary>
static class UploadParameters
{
    public static UploadId Id(OssContext context) => new(
        context.Query.Given("uploadId") ?? throw Unexpected("uploadId"));

    public static PartNumber Number(OssContext context) =>
        PartNumber.Parse(context.Query["partNumber"] ?? throw Unexpected("partNumber"));

    // One of the two without the other would otherwise replace the object by a part.
    static OssException Unexpected(string missing) =>
        OssErrors.Argument("ResourceType", missing, "Unexpected query string parameter", "0017-00000219");
}
