using System.CommandLine;
using Moss.Cli.Frame;
using Moss.Cli.Transfers;
using Moss.Client;
using Moss.Protocol.Errors;
using Moss.Protocol.Limits;
using Moss.Protocol.Names;

namespace Moss.Cli.Commands;

/// <summary><c>moss restore</c>: makes objects of the archive classes readable for some days.</summary>
static class RestoreCommand
{
    static readonly Option<long?> Days = Options.Number("--days", "How many days they stay readable (1); 7 at most for Archive, 365 for the cold classes: more is cut to that.", 1, OssLimits.MaxColdRestoreDays);
    static readonly Option<string?> Tier = Options.Word("--tier", "How soon, for ColdArchive and DeepColdArchive (Standard).", ["Expedited", "Standard", "Bulk"]);
    static readonly Option<string?> VersionId = Options.Text("--version-id", "ID", "A version of the object.");

    public static Command Create(string name, string description) => new MossCommand(name, description)
    {
        Notes = "With -r objects of other classes are left alone. One that is on its way already counts as skipped.",
    }
        .With([EachObject.Address, Days, Tier, VersionId, .. EachObject.All])
        .Example("moss restore oss://bucket/2019.tar --days 3", "an object, for three days")
        .Example("moss restore -r oss://bucket/2019/ --tier Bulk", "everything below a prefix that is archived, cheaply")
        .Example("moss restore -r oss://bucket/ --metadata-include 'x-oss-storage-class=*ColdArchive' -n", "what would be restored")
        .Run(RunAsync);

    static Task<int> RunAsync(Invocation invocation)
    {
        var (place, version) = (EachObject.Place(invocation), EachObject.Version(invocation, VersionId));
        var recursive = invocation.Get(EachObject.Recursive);
        var (days, tier) = ((int)(invocation.Get(Days) ?? 1), Named(invocation.Get(Tier)));
        return EachObject.RunAsync(invocation, TransferKind.Restore, place, (client, found, ct) => RestoreAsync(client, place.Bucket, found, days, tier, version, recursive, ct));
    }

    static async Task<bool> RestoreAsync(
        OssClient client, string bucket, FoundObject found, int days, string? tier, string? version, bool recursive, CancellationToken ct)
    {
        // For one object that is asked for as it is, the service needs no questions before.
        var word = found.Listed?.StorageClass
            ?? (recursive || days > OssLimits.MaxArchiveRestoreDays || tier is not null
                ? (await client.HeadObjectAsync(bucket, found.Key, new() { VersionId = version }, ct)).StorageClass
                : null);
        StorageClass? kind = word is not null && WireWords.TryParseStorageClass(word, out var known) ? known : null;
        if (recursive && kind is { } other && other < StorageClass.Archive)
        {
            return false;
        }

        if (kind == StorageClass.Archive)
        {
            (days, tier) = (Math.Min(days, OssLimits.MaxArchiveRestoreDays), null);
        }
        else if (kind == StorageClass.DeepColdArchive && tier == "Bulk")
        {
            // The slowest there is of that class.
            tier = "Standard";
        }

        try
        {
            await client.RestoreObjectAsync(bucket, found.Key, days, version, tier, ct);
            return true;
        }
        catch (OssException refusal) when (refusal.Code == "RestoreAlreadyInProgress")
        {
            return false;
        }
    }

    // As the service spells it.
    static string? Named(string? tier) => tier is null ? null : char.ToUpperInvariant(tier[0]) + tier[1..].ToLowerInvariant();
}
