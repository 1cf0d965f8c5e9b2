using System.Globalization;
using Moss.Protocol.Names;
using Moss.Storage.Metadata;
using Moss.Storage.Sql;

namespace Moss.Load;

/// <summary>A bucket of a million keys, or of a million open uploads: rows written straight into the catalogue, before the server starts.</summary>
static class Catalogue
{
    /// <summary>Keys, or uploads.</summary>
    public const int Rows = 1_000_000;

    /// <summary>The account of the root credential, which the benchmark signs with.</summary>
    const string RootAccount = "1000000000000001";

    /// <summary>Groups of the delimiter, each of so many keys.</summary>
    public const int Groups = 1000;

    const int RowsPerTransaction = 10_000;

    /// <summary>The key of a row; rows sort as their numbers do.</summary>
    public static string KeyOf(int row) => string.Create(
        CultureInfo.InvariantCulture, $"group-{row / (Rows / Groups):D4}/key-{row % (Rows / Groups):D4}");

    public static void MakeObjects(string directory) => Make(directory, (tx, bucket, row) => tx.Objects.PutAsync(new()
    {
        BucketId = bucket.Id,
        Key = ObjectKey.Parse(KeyOf(row)),
        Sequence = 1,
        IsCurrent = true,
        ETag = new("D41D8CD98F00B204E9800998ECF8427E"),
        LastModified = TimeProvider.System.GetUtcNow(),
        OwnerId = bucket.OwnerId,
    }));

    public static void MakeUploads(string directory) => Make(directory, async (tx, bucket, row) => await tx.Uploads.InsertAsync(new()
    {
        BucketId = bucket.Id,
        Key = ObjectKey.Parse(KeyOf(row)),
        Id = new(string.Create(CultureInfo.InvariantCulture, $"{row:X32}")),
        Initiated = TimeProvider.System.GetUtcNow(),
        OwnerId = bucket.OwnerId,
    }));

    static void Make(string directory, Func<IMetadataTransaction, BucketRecord, int, ValueTask> add)
    {
        Directory.CreateDirectory(directory);
        MakeAsync(Path.Combine(directory, "metadata.db"), add).GetAwaiter().GetResult();
    }

    static async Task MakeAsync(string file, Func<IMetadataTransaction, BucketRecord, int, ValueTask> add)
    {
        await using var store = SqliteMetadataStore.Open(file, durable: false, TimeProvider.System);
        await store.InitializeAsync(CancellationToken.None);
        var bucket = await store.WriteAsync(
            [],
            tx => tx.Buckets.InsertAsync(new()
            {
                Name = BucketName.Parse("many"),
                OwnerId = RootAccount,
                CreationDate = TimeProvider.System.GetUtcNow(),
            }),
            CancellationToken.None);
        for (var first = 0; first < Rows; first += RowsPerTransaction)
        {
            var from = first;
            await store.WriteAsync(
                [],
                async tx =>
                {
                    for (var row = from; row < from + RowsPerTransaction; row++)
                    {
                        await add(tx, bucket, row);
                    }

                    return true;
                },
                CancellationToken.None);
        }
    }
}
