using Moss.Server.BucketRules;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Objects;

/// <summary>OptionObject: a browser's preflight, never signed; the bucket's CORS rules answer it.</summary>
static class OptionObject
{
    public static Task HandleAsync(OssContext context, CancellationToken ct) => CrossOrigin.PreflightAsync(context, ct);
}
