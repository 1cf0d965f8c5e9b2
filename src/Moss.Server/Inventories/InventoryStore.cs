using System.Globalization;
using Moss.Protocol.Errors;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Storage.Metadata;

namespace Moss.Server.Inventories;

/// <summary>
/// The inventories of buckets. Those of one bucket are one document, so that a change sees all of them; which buckets have any stands in a setting for each, so that
/// the daily round need not read every bucket.
/// </summary>
sealed class InventoryStore(IMetadataStore metadata)
{
    /// <summary>All inventories of a bucket are one row, which every change reads and writes: room for 1,000 ordinary ones, and no more.</summary>
    const int MaxDocumentBytes = 2 * 1024 * 1024;

    const string Name = "inventory";
    const string SettingPrefix = "inventory/";
    const string RunPrefix = "inventory-run/";

    /// <summary>The inventories of a bucket, by id.</summary>
    /// <exception cref="OssException"><c>NoSuchBucket</c>.</exception>
    public ValueTask<IReadOnlyList<InventoryConfiguration>> ReadAsync(BucketName bucket, CancellationToken ct) =>
        metadata.ReadAsync(async tx => await ReadAsync(tx, await FindAsync(tx, bucket)), ct);

    /// <summary>Changes the inventories of a bucket.</summary>
    /// <exception cref="OssException"><c>NoSuchBucket</c>, or what the change refuses with.</exception>
    public async ValueTask ChangeAsync(
        BucketName name, Func<IReadOnlyList<InventoryConfiguration>, IEnumerable<InventoryConfiguration>> change, CancellationToken ct) =>
        await metadata.WriteAsync(
            [MetadataLock.Bucket(name, shared: false)],
            async tx =>
            {
                var bucket = await FindAsync(tx, name);
                var changed = change(await ReadAsync(tx, bucket)).OrderBy(inventory => inventory.Id, StringComparer.Ordinal).ToList();
                var document = changed.Count == 0 ? null : XmlDocuments.ToUtf8(new ListInventoryConfigurationsResult(changed, IsTruncated: false, null));
                if (document?.Length > MaxDocumentBytes)
                {
                    throw new OssException(OssErrors.InventoryExceedLimit, $"The inventories of a bucket may take {MaxDocumentBytes} bytes in all.");
                }

                await tx.Buckets.PutConfigurationAsync(bucket.Id, Name, document);
                await tx.Settings.PutAsync(SettingPrefix + name.Value, document is null ? null : [1]);
                return true;
            },
            ct);

    /// <summary>Every bucket that has inventories, with them.</summary>
    public async ValueTask<IReadOnlyList<(BucketName Bucket, IReadOnlyList<InventoryConfiguration> Inventories)>> ReadAllAsync(CancellationToken ct) =>
        await metadata.ReadAsync(
            async tx =>
            {
                var all = new List<(BucketName, IReadOnlyList<InventoryConfiguration>)>();
                foreach (var (setting, _) in await tx.Settings.ListAsync(SettingPrefix))
                {
                    var name = BucketName.Parse(setting[SettingPrefix.Length..]);
                    if (await tx.Buckets.FindAsync(name) is { } bucket)
                    {
                        all.Add((name, await ReadAsync(tx, bucket)));
                    }
                }

                return (IReadOnlyList<(BucketName, IReadOnlyList<InventoryConfiguration>)>)all;
            },
            ct);

    /// <summary>
    /// Whether an inventory is due on a day, and if so takes it on for this server: whoever asks next, on any server, is told that it is not. A bucket made anew under its
    /// name begins anew.
    /// </summary>
    public async ValueTask<bool> TakeOnAsync(BucketName name, InventoryConfiguration inventory, DateOnly day, CancellationToken ct) =>
        await metadata.WriteAsync(
            [MetadataLock.Bucket(name, shared: false)],
            async tx =>
            {
                if (await tx.Buckets.FindAsync(name) is not { } bucket)
                {
                    return false;
                }

                var setting = RunName(bucket, inventory);
                var last = await tx.Settings.FindAsync(setting) is { Length: sizeof(int) } stored ? BitConverter.ToInt32(stored) : int.MinValue;
                var period = inventory.Frequency == "Weekly" ? 7 : 1;
                if (last != int.MinValue && day.DayNumber - last < period)
                {
                    return false;
                }

                await tx.Settings.PutAsync(setting, BitConverter.GetBytes(day.DayNumber));
                return true;
            },
            ct);

    /// <summary>Makes an inventory that was taken on due again.</summary>
    public async ValueTask GiveBackAsync(BucketName name, InventoryConfiguration inventory, CancellationToken ct) =>
        await metadata.WriteAsync(
            [MetadataLock.Bucket(name, shared: false)],
            async tx =>
            {
                if (await tx.Buckets.FindAsync(name) is { } bucket)
                {
                    await tx.Settings.PutAsync(RunName(bucket, inventory), value: null);
                }

                return true;
            },
            ct);

    static string RunName(BucketRecord bucket, InventoryConfiguration inventory) =>
        $"{RunPrefix}{bucket.Id.ToString(CultureInfo.InvariantCulture)}/{inventory.Id}";

    static async ValueTask<BucketRecord> FindAsync(IMetadataTransaction tx, BucketName name) =>
        await tx.Buckets.FindAsync(name) ?? throw OssErrors.BucketMissing(name.Value);

    static async ValueTask<IReadOnlyList<InventoryConfiguration>> ReadAsync(IMetadataTransaction tx, BucketRecord bucket) =>
        await tx.Buckets.FindConfigurationAsync(bucket.Id, Name) is { } document
            ? XmlDocuments.Parse<ListInventoryConfigurationsResult>(document).Inventories
            : [];
}
