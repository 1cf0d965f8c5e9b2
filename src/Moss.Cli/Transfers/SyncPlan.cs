using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using Moss.Cli.Frame;
using Moss.Client;
using Moss.Protocol.Names;

namespace Moss.Cli.Transfers;

/// <summary>One name on one side.</summary>
/// <param name="IsLeftOut">A filter leaves it out by its size, its time or its metadata: it is neither brought over, nor is its like removed.</param>
readonly record struct SyncEntry(string Name, Side Side, Exception? Problem = null, bool IsLeftOut = false);

/// <summary>
/// Compares two sides, both sorted by the UTF-8 bytes of their names, by walking them side by side: memory does not grow with what is in
/// them. What stands only at the destination is written to a file on disk, for it is deleted only when everything else is done.
/// </summary>
sealed class SyncPlan(
    IAsyncEnumerable<SyncEntry> source,
    IAsyncEnumerable<SyncEntry> destination,
    Func<SyncEntry, TransferItem> transfer,
    SkipRule rule,
    bool wantsSurplus) : IDisposable
{
    FileStream? _surplus;

    /// <summary>Names that need nothing done.</summary>
    public long Unchanged { get; private set; }

    /// <summary>Names that stand only at the destination.</summary>
    public long SurplusCount { get; private set; }

    /// <exception cref="IOException">The destination cannot be read whole: what is surplus there would be a guess.</exception>
    public async IAsyncEnumerable<TransferItem> ItemsAsync([EnumeratorCancellation] CancellationToken ct = default)
    {
        await using var left = source.GetAsyncEnumerator(ct);
        await using var right = destination.GetAsyncEnumerator(ct);
        var (hasLeft, hasRight) = (await left.MoveNextAsync(), await NextThereAsync(right));
        while (hasLeft || hasRight)
        {
            var order = !hasLeft ? 1 : !hasRight ? -1 : Utf8Order.Compare(left.Current.Name, right.Current.Name);
            if (order <= 0)
            {
                if (Decide(left.Current, order == 0 ? right.Current : null) is { } item)
                {
                    yield return item;
                }

                hasLeft = await left.MoveNextAsync();
            }
            else if (!right.Current.IsLeftOut)
            {
                AddSurplus(right.Current.Name);
            }

            if (order >= 0)
            {
                hasRight = await NextThereAsync(right);
            }
        }
    }

    /// <summary>The names that stand only at the destination, in their order.</summary>
    public IEnumerable<string> Surplus()
    {
        if (_surplus is null)
        {
            yield break;
        }

        _surplus.Flush();
        _surplus.Position = 0;
        using var reader = new BinaryReader(_surplus, Encoding.UTF8, leaveOpen: true);
        for (var i = 0L; i < SurplusCount; i++)
        {
            yield return reader.ReadString();
        }
    }

    public void Dispose() => _surplus?.Dispose();

    TransferItem? Decide(SyncEntry here, SyncEntry? there)
    {
        if (here.IsLeftOut)
        {
            return null;
        }

        if (here.Problem is not null || there is not { } other)
        {
            return transfer(here);
        }

        if (rule.IsAny)
        {
            return transfer(here) with { IsNeededAsync = ct => rule.IsNeededAsync(here.Side, other.Side, ct) };
        }

        if (here.Side.Size != other.Side.Size || here.Side.Changed > other.Side.Changed)
        {
            return transfer(here);
        }

        Unchanged++;
        return null;
    }

    void AddSurplus(string name)
    {
        SurplusCount++;
        if (!wantsSurplus)
        {
            return;
        }

        _surplus ??= new(
            Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()),
            new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Options = FileOptions.DeleteOnClose, BufferSize = 64 * 1024 });
        using var writer = new BinaryWriter(_surplus, Encoding.UTF8, leaveOpen: true);
        writer.Write(name);
    }

    static async ValueTask<bool> NextThereAsync(IAsyncEnumerator<SyncEntry> there) =>
        await there.MoveNextAsync() && (there.Current.Problem is not { } problem ? true
            : throw new IOException($"the destination cannot be read: {problem.Message}", problem));
}

/// <summary>The two kinds of sides.</summary>
static class SyncSides
{
    /// <summary>Pages that are fetched ahead of being compared.</summary>
    const int PagesAhead = 2;

    public static async IAsyncEnumerable<SyncEntry> Local(string root, NameFilter filter, [EnumeratorCancellation] CancellationToken ct = default)
    {
        await Task.CompletedTask;
        if (!Directory.Exists(root))
        {
            yield break;
        }

        foreach (var file in LocalTree.Walk(root, ct))
        {
            if (file.Problem is not null || filter.TakesName(file.Name))
            {
                yield return new(
                    file.Name,
                    Side.Of(file.Path, file.Size, file.Changed),
                    file.Problem,
                    file.Problem is null && !filter.TakesSizeAndTime(file.Size, file.Changed));
            }
        }
    }

    /// <param name="place">A bucket, or a prefix that ends in <c>/</c>.</param>
    /// <param name="isSource">Whether metadata counts: it is the source's that does.</param>
    public static async IAsyncEnumerable<SyncEntry> Remote(
        OssClient client, OssUri place, ObjectSelection selection, bool isSource, [EnumeratorCancellation] CancellationToken ct = default)
    {
        await foreach (var page in AheadAsync(client.ListObjectsPagesAsync(place.Bucket, selection.Listing(place, oneLevel: false), ct), ct))
        {
            // An object that stands for a directory is neither brought over nor removed.
            var named = page.Contents.Where(listed => listed.Key.Length > place.Key.Length && listed.Key[^1] != '/' && selection.Names.TakesName(listed.Key[place.Key.Length..])).ToList();
            var chosen = isSource ? await selection.ChosenAsync(client, place.Bucket, named, ct) : null;
            for (var i = 0; i < named.Count; i++)
            {
                var listed = named[i];
                yield return new(
                    listed.Key[place.Key.Length..],
                    new(listed.Size, listed.LastModified, async token => (await client.HeadObjectAsync(place.Bucket, listed.Key, ct: token)).Crc64),
                    IsLeftOut: !selection.Names.TakesSizeAndTime(listed.Size, listed.LastModified) || chosen?[i] == false);
            }
        }
    }

    static async IAsyncEnumerable<T> AheadAsync<T>(IAsyncEnumerable<T> pages, [EnumeratorCancellation] CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var queue = Channel.CreateBounded<T>(PagesAhead);
        var fetching = FetchAsync(pages, queue.Writer, stop.Token);
        try
        {
            await foreach (var page in queue.Reader.ReadAllAsync(ct))
            {
                yield return page;
            }
        }
        finally
        {
            await stop.CancelAsync();
            await fetching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    static async Task FetchAsync<T>(IAsyncEnumerable<T> pages, ChannelWriter<T> queue, CancellationToken ct)
    {
        try
        {
            await foreach (var page in pages.WithCancellation(ct))
            {
                await queue.WriteAsync(page, ct);
            }

            queue.Complete();
        }
        catch (Exception problem)
        {
            queue.Complete(problem);
        }
    }
}
