using System.Globalization;
using System.Text;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Storage.Metadata;

namespace Moss.Storage.Lifecycle;

/// <summary>
/// Carries out the lifecycle rules of all buckets. Every decision is made twice: from a listing, and again inside the transaction that acts, from what is there
/// then; what was written or changed in between is left alone. Each transaction is small and whole, so a run may be killed at any instant and
/// repeated at any time, also by several processes at once.
/// </summary>
public sealed class LifecycleRunner(StorageEngine engine) : IDisposable
{
    /// <summary>The name of the configuration document that holds a bucket's rules.</summary>
    public const string ConfigurationName = "lifecycle";

    const string DoneName = "lifecycle/done";
    const int BucketsPerPage = 1000;
    static readonly MetadataLock Lock = MetadataLock.Named("lifecycle");

    readonly SemaphoreSlim _running = new(1, 1);

    /// <summary>Carries out every rule as of an instant. One run at a time in this process; a second waits.</summary>
    /// <param name="at">The instant that ages are measured to.</param>
    /// <param name="failed">Told of each bucket whose rules could not be carried out to their end; the others are.</param>
    /// <param name="ct">Ends the run; what was done stays done.</param>
    public async Task<LifecycleTotals> RunAsync(DateTimeOffset at, Action<BucketName, Exception> failed, CancellationToken ct)
    {
        await _running.WaitAsync(ct);
        try
        {
            return await RunAllAsync(at, failed, ct);
        }
        finally
        {
            _running.Release();
        }
    }

    /// <summary>Carries out every rule as of now, unless that was done today (UTC), and remembers that it was. A run that did not end is not remembered.</summary>
    /// <returns>What was done; null when nothing was due.</returns>
    public async Task<LifecycleTotals?> RunIfDueAsync(Action<BucketName, Exception> failed, CancellationToken ct)
    {
        var now = engine.Time.GetUtcNow();
        var today = Encoding.ASCII.GetBytes(now.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        var done = await engine.Metadata.ReadAsync(tx => tx.Settings.FindAsync(DoneName), ct);
        if (done is not null && done.AsSpan().SequenceCompareTo(today) >= 0)
        {
            return null;
        }

        var totals = await RunAsync(now, failed, ct);
        await engine.Metadata.WriteAsync(
            [Lock],
            async tx =>
            {
                await tx.Settings.PutAsync(DoneName, today);
                return true;
            },
            ct);
        return totals;
    }

    public void Dispose() => _running.Dispose();

    async Task<LifecycleTotals> RunAllAsync(DateTimeOffset at, Action<BucketName, Exception> failed, CancellationToken ct)
    {
        var totals = new LifecycleTotals();
        var after = "";
        while (true)
        {
            var name = after;
            var page = await engine.Metadata.ReadAsync(tx => tx.Buckets.ListAsync("", name, BucketsPerPage), ct);
            foreach (var bucket in page)
            {
                totals += await RunBucketAsync(bucket, at, failed, ct);
            }

            if (page.Count < BucketsPerPage)
            {
                return totals;
            }

            after = page[^1].Name.Value;
        }
    }

    async Task<LifecycleTotals> RunBucketAsync(
        BucketRecord bucket, DateTimeOffset at, Action<BucketName, Exception> failed, CancellationToken ct)
    {
        LifecycleWalk? walk = null;
        try
        {
            var document = await engine.Metadata.ReadAsync(tx => tx.Buckets.FindConfigurationAsync(bucket.Id, ConfigurationName), ct);
            if (document is null)
            {
                return new();
            }

            walk = new(engine, bucket, document, new LifecyclePolicy(XmlDocuments.Parse<LifecycleConfiguration>(document)), at);
            await walk.RunAsync(ct);
            return walk.Totals with { Buckets = 1 };
        }
        catch (RulesChangedException)
        {
            return walk!.Totals with { Buckets = 1, BucketsChanged = 1 };
        }
        catch (Exception exception) when (!ct.IsCancellationRequested && exception is not OutOfMemoryException)
        {
            failed(bucket.Name, exception);
            return (walk?.Totals ?? new()) with { Buckets = 1, BucketsFailed = 1 };
        }
    }
}

/// <summary>The bucket or its rules are not those that the walk began with.</summary>
sealed class RulesChangedException : Exception;
