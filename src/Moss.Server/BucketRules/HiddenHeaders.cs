using Moss.Server.Operations.Buckets;
using Moss.Server.Pipeline;

namespace Moss.Server.BucketRules;

/// <summary>Leaves out of an answer the headers that the bucket hides for the operation. What frames the message stays.</summary>
static class HiddenHeaders
{
    static readonly string[] Framing = ["Content-Length", "Transfer-Encoding", "Connection", "Date"];

    public static async ValueTask HideAsync(OssContext context, CancellationToken ct)
    {
        if (context.Request.Bucket is null || await BucketResponseHeader.Document.TryFindAsync(context, ct) is not { } configuration)
        {
            return;
        }

        var name = context.Operation.Name;
        foreach (var rule in configuration.Rules.Where(rule => rule.Operations.Any(operation => IsFor(operation, name))))
        {
            context.HiddenHeaders.AddRange(rule.HideHeaders.Where(header => !Framing.Contains(header, StringComparer.OrdinalIgnoreCase)));
        }
    }

    static bool IsFor(string operation, string name) =>
        operation == "*" || operation.Equals(name, StringComparison.OrdinalIgnoreCase)
        || (operation + "Object").Equals(name, StringComparison.OrdinalIgnoreCase);
}
