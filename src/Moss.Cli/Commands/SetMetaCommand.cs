using System.CommandLine;
using Moss.Cli.Frame;
using Moss.Cli.Transfers;
using Moss.Client;

namespace Moss.Cli.Commands;

/// <summary><c>moss set-meta</c>: headers and metadata of an object, by a copy onto itself within the service.</summary>
static class SetMetaCommand
{
    static readonly Argument<string?> Meta = Options.OptionalArgument(
        "meta", "NAME:VALUE#NAME:VALUE, names such as Content-Type, Cache-Control, X-Oss-Meta-a; with --delete NAME#NAME.");

    static readonly Option<bool> Update = Options.Flag("--update", "Change what is named and keep the rest; else what is not named goes.");
    static readonly Option<bool> Delete = Options.Flag("--delete", "Remove what is named and keep the rest.");

    public static Command Create(string name, string description) => new MossCommand(name, description)
        .With([EachObject.Address, Meta, Update, Delete, .. EachObject.All])
        .Example("moss set-meta oss://bucket/key 'Cache-Control:no-cache' --update", "set one header, keep the others")
        .Example("moss set-meta oss://bucket/key 'X-Oss-Meta-Camera:7#Content-Type:video/mp4'", "set these and drop all others")
        .Example("moss set-meta oss://bucket/key X-Oss-Meta-Camera --delete", "drop one")
        .Run(RunAsync);

    static async Task<int> RunAsync(Invocation invocation)
    {
        var uri = EachObject.Place(invocation);
        var (update, delete) = (invocation.Get(Update), invocation.Get(Delete));
        if (update && delete)
        {
            throw new UsageException("--update and --delete exclude each other");
        }

        var meta = invocation.Get(Meta) ?? "";
        if (meta.Length == 0 && (update || delete))
        {
            throw new UsageException("say which headers");
        }

        if (!delete)
        {
            // Refused before anything is changed, not at the first object.
            PropertyOptions.ApplyMeta(new(), meta, []);
        }

        return await EachObject.RunAsync(invocation, TransferKind.Change, uri, async (client, found, ct) =>
        {
            await ChangeAsync(client, new(uri.Bucket, found.Key), meta, update, delete, ct);
            return true;
        });
    }

    static Task ChangeAsync(OssClient client, CopySource at, string meta, bool update, bool delete, CancellationToken ct)
    {
        var user = new Dictionary<string, string>(StringComparer.Ordinal);
        // The names alone are said of what is to go: any value will do.
        var named = PropertyOptions.ApplyMeta(new(), delete ? string.Join('#', meta.Split('#').Select(static name => name.Trim() + ":x")) : meta, user) with { UserMetadata = user };
        var directive = update ? PropertyDirective.Update : delete ? PropertyDirective.Delete : PropertyDirective.Replace;
        return ObjectRewrite.RunAsync(client, at, now => ObjectRewrite.With(now, named, directive), ct);
    }
}
