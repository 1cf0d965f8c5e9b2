using Moss.Storage;
using Moss.Storage.Blobs;
using Moss.Storage.Encryption;
using Moss.Storage.Files;
using Moss.Storage.Metadata;
using Moss.Storage.Sql;

namespace Moss.Server.Hosting;

/// <summary>The only place that names the storage engines.</summary>
static class Engines
{
    /// <summary>
    /// Several servers may share one catalogue, so an orphaned blob may be another's upload in flight: only what is a day old is taken.
    /// </summary>
    static readonly TimeSpan SharedOrphanAge = TimeSpan.FromDays(1);

    /// <summary>Whether anything is kept in the data directory.</summary>
    public static bool NeedDirectory(OssServerOptions options) =>
        options.Metadata != "memory" || options.Blobs != "memory" || options.Root is null;

    /// <summary>Whether the data directory belongs to one server alone: the embedded catalogue is for one process.</summary>
    public static bool NeedExclusive(OssServerOptions options) => !IsPostgres(options.Metadata);

    /// <summary>Opens the pair of stores that the settings name.</summary>
    /// <exception cref="StartException">An unknown name, or a store that cannot be opened.</exception>
    public static StorageEngine Open(OssServerOptions options, string directory, TimeProvider time, DataKeys keys)
    {
        var durable = options.Durability == Durability.Durable;
        try
        {
            var blobs = OpenBlobs(options.Blobs, directory, durable);
            var metadata = OpenMetadata(options.Metadata, directory, durable, time);
            var shared = IsPostgres(options.Metadata);
            var tuned = StorageOptions.Default with { IsExclusive = !shared, OrphanAge = shared ? SharedOrphanAge : TimeSpan.Zero };
            return new(metadata, blobs, time, tuned, keys);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"cannot open the storage: {exception.Message}", exception);
        }
    }

    static IBlobStore OpenBlobs(string name, string directory, bool durable) => name switch
    {
        "files" => FileBlobStore.Open(directory, durable),
        "memory" => new InMemoryBlobStore(),
        _ => throw new StartException($"unknown blob store '{name}': files is known"),
    };

    static IMetadataStore OpenMetadata(string name, string directory, bool durable, TimeProvider time) => name switch
    {
        "sqlite" => SqliteMetadataStore.Open(Path.Combine(directory, "metadata.db"), durable, time),
        "memory" => new InMemoryMetadataStore(),
        _ when IsPostgres(name) => OpenPostgres(name, time),
        _ => throw new StartException($"unknown metadata store '{name}': sqlite and postgres://... are known"),
    };

    static PostgresMetadataStore OpenPostgres(string url, TimeProvider time)
    {
        try
        {
            return PostgresMetadataStore.Open(url, time);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            // The URL may hold a password, so it is not repeated.
            throw new StartException($"the postgres:// URL of the metadata store is not valid: {exception.Message}", exception);
        }
    }

    static bool IsPostgres(string name) =>
        name.StartsWith("postgres://", StringComparison.Ordinal) || name.StartsWith("postgresql://", StringComparison.Ordinal);
}
