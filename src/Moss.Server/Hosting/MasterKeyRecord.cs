using Microsoft.Extensions.Logging;
using Moss.Server.Observability;
using Moss.Storage.Encryption;
using Moss.Storage.Metadata;

namespace Moss.Server.Hosting;

/// <summary>
/// The catalogue remembers the names (not the keys) of the master keys that sealed something in it, so that a server with the wrong key says so at its start and not
/// at the first object that cannot be read.
/// </summary>
static class MasterKeyRecord
{
    const string Prefix = "master-key/";

    /// <summary>Compares the keys with those of the catalogue, and records the one that is used from now on.</summary>
    /// <exception cref="StartException">The catalogue was sealed with other keys altogether.</exception>
    public static async ValueTask CheckAsync(IMetadataStore metadata, DataKeys keys, ILogger log, CancellationToken ct)
    {
        // In one transaction: of two servers that start at once on a fresh catalogue with keys of their own, the second one is told.
        var missing = await metadata.WriteAsync(
            [MetadataLock.Named(Prefix)],
            async tx =>
            {
                var recorded = await tx.Settings.ListAsync(Prefix);
                var missing = recorded.Select(pair => pair.Key[Prefix.Length..]).Except(keys.Ids).ToList();
                if (recorded.Count > 0 && missing.Count == recorded.Count)
                {
                    throw new StartException(
                        $"the master key is another one than that of the stored data ({string.Join(", ", missing)}): give that one too (MOSS_MASTER_KEY or master.key), the newest first");
                }

                if (recorded.All(pair => pair.Key != Prefix + keys.Ids[0]))
                {
                    await tx.Settings.PutAsync(Prefix + keys.Ids[0], []);
                }

                return missing;
            },
            ct);
        foreach (var name in missing)
        {
            Log.OldMasterKeyMissing(log, name);
        }
    }
}
