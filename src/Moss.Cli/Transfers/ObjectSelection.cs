using System.CommandLine;
using System.Runtime.CompilerServices;
using Moss.Cli.Frame;
using Moss.Client;
using Moss.Protocol.Errors;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;

namespace Moss.Cli.Transfers;

/// <summary>An object that a verb takes.</summary>
/// <param name="Name">Relative to where the search began.</param>
/// <param name="Listed">What a listing said of it; null for a name from a list that nobody asked about.</param>
readonly record struct FoundObject(string Key, string Name, ListedObject? Listed);

/// <summary>Which of the objects below a place a verb takes: filters, a range of keys, one level, or a list of names instead of a listing.</summary>
sealed class ObjectSelection
{
    /// <summary>As ossutil has it.</summary>
    const int DefaultCheckers = 16;

    /// <summary>Names of a list that are asked about together.</summary>
    const int NamesAtOnce = 1000;

    public static readonly Option<string?> StartAfter = Options.Text("--start-after", "KEY", "Only keys after this one, by their UTF-8 bytes.", "--marker");
    public static readonly Option<string?> EndWith = Options.Text("--end-with", "KEY", "Only keys up to this one, itself included.");
    public static readonly Option<long?> PageSize = Options.Number("--page-size", "Keys a request of a listing (1000).", 1, 1000);
    public static readonly Option<long?> Limit = Options.Number("--limited-num", "At most so many.", 0, long.MaxValue);
    public static readonly Option<bool> Dirs = Options.Flag("--dirs", "Only what stands directly below, not what is deeper.", "-d", "--directory", "--only-current-dir");
    public static readonly Option<long?> Checkers = Options.Number("--checkers", "How many objects are asked about, or compared, at once (16).", 1, 10_000);
    public static readonly Option<string?> EncodingType = Options.Word("--encoding-type", "Whether the keys on the command line are percent-encoded.", ["url"]);

    /// <summary>What every verb with a prefix takes.</summary>
    public static readonly Option[] Filters = [.. NameFilter.All, .. MetadataFilter.All, StartAfter, EndWith, PageSize, Checkers, EncodingType];

    /// <summary>What verbs take that do one thing to each object.</summary>
    public static readonly Option[] All = [.. Filters, Dirs, Limit, .. NameList.All];

    readonly MetadataFilter _metadata;
    readonly string? _startAfter;
    readonly string? _endWith;
    readonly int _pageSize;
    readonly int _checkers;
    readonly bool _oneLevel;
    readonly long _limit;

    ObjectSelection(Invocation invocation)
    {
        Names = NameFilter.Read(invocation);
        _metadata = MetadataFilter.Read(invocation);
        (_startAfter, _endWith) = (invocation.Get(StartAfter), invocation.Get(EndWith));
        _pageSize = (int)(invocation.Get(PageSize) ?? 1000);
        _checkers = CheckersOf(invocation);
        _oneLevel = invocation.Get(Dirs);
        _limit = invocation.Get(Limit) ?? long.MaxValue;
    }

    public NameFilter Names { get; }

    public static ObjectSelection Read(Invocation invocation) => new(invocation);

    public static int CheckersOf(Invocation invocation) => (int)(invocation.Get(Checkers) ?? DefaultCheckers);

    /// <summary>An address of the command line, decoded when that was asked for.</summary>
    public static OssUri Place(Invocation invocation, string text) => OssUri.ParseBucket(text, invocation.Get(EncodingType) is not null);

    /// <summary>The same for one object.</summary>
    public static OssUri Object(Invocation invocation, string text) => OssUri.ParseObject(text, invocation.Get(EncodingType) is not null);

    /// <summary>What chooses among many is refused where one object is named: nobody should find out later that it was not heeded.</summary>
    /// <exception cref="UsageException">Something was to be chosen.</exception>
    public static void RefuseForOne(Invocation invocation)
    {
        if (All.Except([EncodingType, PageSize, Checkers, .. NameList.All]).FirstOrDefault(invocation.Has) is { } option)
        {
            throw new UsageException($"{option.Name} goes with -r: it chooses among what is below a prefix");
        }
    }

    /// <summary>Files have no keys and no metadata: what asks for those is refused.</summary>
    /// <exception cref="UsageException">It was asked for.</exception>
    public static void RefuseForFiles(Invocation invocation)
    {
        if (MetadataFilter.All.Append(StartAfter).Append(EndWith).Append(Limit).FirstOrDefault(invocation.Has) is { } option)
        {
            throw new UsageException($"{option.Name} is about objects, and the source is files: --include, --exclude and their kin choose among those");
        }
    }

    /// <summary>How to list what is below a place.</summary>
    public ListObjectsOptions Listing(OssUri place, bool oneLevel) =>
        new() { Prefix = place.Key, StartAfter = _startAfter, PageSize = _pageSize, Delimiter = oneLevel ? "/" : null };

    /// <summary>Whether this key and all that come after it are beyond what was asked for.</summary>
    public bool IsBeyond(string key) => _endWith is not null && Utf8Order.Compare(key, _endWith) > 0;

    /// <summary>Of a page of a listing what the filters take, in its order.</summary>
    /// <param name="cut">Where the relative names begin in the keys.</param>
    public async Task<IReadOnlyList<ListedObject>> TakenAsync(
        OssClient client, string bucket, IReadOnlyList<ListedObject> page, int cut, CancellationToken ct)
    {
        var named = page.Where(listed => !IsBeyond(listed.Key) && Names.Takes(listed.Key[cut..], listed.Size, listed.LastModified)).ToList();
        var chosen = await ChosenAsync(client, bucket, named, ct);
        return chosen is null ? named : [.. named.Where((_, index) => chosen[index])];
    }

    /// <summary>Whether a name that stands for many keys, or for a version or an upload, takes part.</summary>
    public bool TakesName(string key, int cut) => !IsBeyond(key) && Names.TakesName(key[cut..]);

    /// <summary>Whether a version takes part, by what a listing says. A delete marker has no size: what asks for one leaves it out.</summary>
    public bool TakesVersion(ListedVersion version, int cut) =>
        TakesName(version.Object.Key, cut)
        && !(version.IsDeleteMarker && Names.HasSizes)
        && Names.TakesSizeAndTime(version.Object.Size, version.Object.LastModified)
        && _metadata.Takes(version.Object);

    /// <summary>Whether an open upload takes part: its time is when it was begun. Its listing begins where all uploads do.</summary>
    public bool TakesUpload(ListedUpload upload, int cut) =>
        TakesName(upload.Key, cut) && Names.TakesSizeAndTime(null, upload.Initiated)
        && (_startAfter is null || Utf8Order.Compare(upload.Key, _startAfter) > 0)
        && !(_oneLevel && upload.Key.IndexOf('/', cut) >= 0);

    /// <summary>Whether uploads have all that is asked of what is chosen: they have neither size nor metadata.</summary>
    public bool KnowsUploads => _metadata.IsEmpty && !Names.HasSizes;

    /// <summary>Uploads that cannot be told apart are not taken all together.</summary>
    /// <exception cref="UsageException">Something is asked of them that they have not.</exception>
    public void RefuseForUploads(string option)
    {
        if (!KnowsUploads)
        {
            throw new UsageException($"{option}: an open upload has neither size nor metadata to choose by; name and time it has");
        }
    }

    /// <summary>Versions are taken as they are listed: metadata that no listing has is refused.</summary>
    /// <exception cref="UsageException">It was asked for.</exception>
    public void RefuseHead(string option)
    {
        if (_metadata.NeedsHead)
        {
            throw new UsageException($"with {option} metadata is x-oss-storage-class and x-oss-object-type, which a listing says");
        }
    }

    /// <summary>For each object whether its metadata lets it take part; null when all do.</summary>
    public async Task<bool[]?> ChosenAsync(OssClient client, string bucket, IReadOnlyList<ListedObject> page, CancellationToken ct)
    {
        if (_metadata.IsEmpty)
        {
            return null;
        }

        var chosen = new bool[page.Count];
        if (!_metadata.NeedsHead)
        {
            for (var i = 0; i < chosen.Length; i++)
            {
                chosen[i] = _metadata.Takes(page[i]);
            }

            return chosen;
        }

        await Parallel.ForAsync(0, chosen.Length, Side(ct), async (index, token) =>
            chosen[index] = await FindAsync(client, bucket, page[index].Key, token) is { } info && _metadata.Takes(info));
        return chosen;
    }

    /// <summary>The objects below a place, or those of a list of names relative to it, found while they are enumerated.</summary>
    public async IAsyncEnumerable<FoundObject> FindAsync(
        OssClient client, OssUri place, IEnumerable<string>? names, [EnumeratorCancellation] CancellationToken ct)
    {
        if (names is not null && (_startAfter is not null || _endWith is not null || _oneLevel))
        {
            throw new UsageException("--files-from takes the place of a listing: it goes with neither --start-after nor --end-with nor --dirs");
        }

        var left = _limit;
        await foreach (var found in names is null ? ListedAsync(client, place, ct) : NamedAsync(client, place, names, ct))
        {
            if (left-- <= 0)
            {
                yield break;
            }

            yield return found;
        }
    }

    async IAsyncEnumerable<FoundObject> ListedAsync(OssClient client, OssUri place, [EnumeratorCancellation] CancellationToken ct)
    {
        var cut = place.NameStart;
        await foreach (var page in client.ListObjectsPagesAsync(place.Bucket, Listing(place, _oneLevel), ct))
        {
            foreach (var listed in await TakenAsync(client, place.Bucket, page.Contents, cut, ct))
            {
                yield return new(listed.Key, listed.Key[cut..], listed);
            }

            if (page.Contents is [.., var last] && IsBeyond(last.Key))
            {
                yield break;
            }
        }
    }

    async IAsyncEnumerable<FoundObject> NamedAsync(
        OssClient client, OssUri place, IEnumerable<string> names, [EnumeratorCancellation] CancellationToken ct)
    {
        var prefix = place.AsFolder().Key;
        foreach (var chunk in names.Where(Names.TakesName).Chunk(NamesAtOnce))
        {
            var infos = new ObjectInfo?[chunk.Length];
            var asks = Names.HasLimits || !_metadata.IsEmpty;
            if (asks)
            {
                await Parallel.ForAsync(0, chunk.Length, Side(ct), async (index, token) =>
                    infos[index] = await FindAsync(client, place.Bucket, prefix + chunk[index], token));
            }

            foreach (var (name, info) in chunk.Zip(infos))
            {
                // What is not there is found out by whoever wants to do something to it; but nothing is known of it that a filter would take.
                if (!asks || (info is not null && Names.TakesSizeAndTime(info.Size, info.LastModified) && _metadata.Takes(info)))
                {
                    yield return new(prefix + name, name, null);
                }
            }
        }
    }

    ParallelOptions Side(CancellationToken ct) => new() { MaxDegreeOfParallelism = _checkers, CancellationToken = ct };

    // Null as well for what was removed since it was listed.
    static async Task<ObjectInfo?> FindAsync(OssClient client, string bucket, string key, CancellationToken ct)
    {
        try
        {
            return await client.FindObjectAsync(bucket, key, ct);
        }
        catch (OssException refusal) when (refusal.Code == "SymlinkTargetNotExist")
        {
            return null;
        }
    }
}
