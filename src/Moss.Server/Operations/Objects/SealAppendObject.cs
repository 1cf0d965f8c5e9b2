using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Objects;

/// <summary>SealAppendObject. Ends the growing of an appendable object; sealing again changes nothing and succeeds.</summary>
static class SealAppendObject
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var position = AppendObject.Position(context);
        var record = await context.Storage.Appends.SealAsync(context.Bucket, context.Key, position, ct);
        context.SetHeader("x-oss-sealed-time", HeaderText.Date(record.Attributes.SealedTime!.Value));
        await context.Empty();
    }
}
