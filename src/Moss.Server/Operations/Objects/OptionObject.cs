using Moss.Protocol.Errors;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Objects;

/// <summary>OptionObject: a browser's preflight, never signed. No bucket has CORS rules yet, and without a rule every preflight is refused.</summary>
static class OptionObject
{
    public static Task HandleAsync(OssContext context, CancellationToken ct) =>
        context.GivenHeader("Origin") is null
            ? throw new OssException(OssErrors.BadRequest, "Insufficient information. Origin request header needed.")
        : context.GivenHeader("Access-Control-Request-Method") is null
            ? throw new OssException(OssErrors.BadRequest, "Insufficient information. Request Access-Control-Request-Method header needed.")
        : throw new OssException(OssErrors.AccessForbidden, ec: "0003-00000601");
}
