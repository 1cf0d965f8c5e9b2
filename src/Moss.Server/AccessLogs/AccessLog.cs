using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Threading.Channels;
using Moss.Protocol.Errors;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Server.Hosting;
using Moss.Server.Operations.Buckets;
using Moss.Server.Pipeline;
using Moss.Storage;
using Moss.Storage.Metadata;
using Moss.Storage.Objects;

namespace Moss.Server.AccessLogs;

/// <summary>
/// Stores who asked what of the buckets that want it known: as objects of their target buckets, one an hour and bucket, or more when there is much to tell. Requests
/// never wait for it. It is best effort, as it is of the public service: what a crash finds in memory is lost, and so is what comes faster than it can be stored;
/// the loss is counted in the server's log.
/// </summary>
sealed class AccessLog : IAsyncDisposable
{
    /// <summary>A log object does not grow beyond this before the next one begins.</summary>
    const int MaxObjectBytes = 4 * 1024 * 1024;

    /// <summary>What waits in memory to be stored, of all buckets together.</summary>
    const long DefaultMaxWaitingBytes = 32 * 1024 * 1024;

    /// <summary>How often the hour is looked at, and what other servers on the same catalogue changed.</summary>
    static readonly TimeSpan LookInterval = TimeSpan.FromMinutes(1);

    /// <summary>Which buckets log stands beside their documents, so that it can be read without reading every bucket.</summary>
    const string SettingPrefix = "access-log/";

    readonly ObjectService _storage;
    readonly IMetadataStore _metadata;
    readonly TimeProvider _time;
    readonly Action<Exception> _failed;
    readonly Action<long> _lostLines;
    readonly ConcurrentDictionary<string, Source> _sources = new(StringComparer.Ordinal);
    readonly Channel<Batch> _batches = Channel.CreateUnbounded<Batch>(new() { SingleReader = true });
    Task _storing = Task.CompletedTask;
    Recurring? _looking;
    DateTimeOffset _hour;
    long _recorded;
    long _waiting;
    long _held;
    long _lost;

    /// <param name="storage">Where logs are stored.</param>
    /// <param name="metadata">Where it is known which buckets log.</param>
    /// <param name="time">The clock.</param>
    /// <param name="failed">Told when a log could not be stored.</param>
    /// <param name="lostLines">Told how many lines were given up.</param>
    public AccessLog(ObjectService storage, IMetadataStore metadata, TimeProvider time, Action<Exception> failed, Action<long> lostLines)
    {
        _storage = storage;
        _metadata = metadata;
        _time = time;
        _failed = failed;
        _lostLines = lostLines;
        _hour = HourOf(time.GetUtcNow());
    }

    /// <summary>How many lines there were; a line comes to be when its request was answered, so after its sender has the answer.</summary>
    public long Recorded => Interlocked.Read(ref _recorded);

    /// <summary>
    /// What may wait in memory to be stored, of all buckets together. No more than half of it waits for the end of the hour, so that the buckets of one account leave
    /// room for the lines of others.
    /// </summary>
    public long MaxWaitingBytes { get; set; } = DefaultMaxWaitingBytes;

    /// <summary>What waits now.</summary>
    public long Waiting => Interlocked.Read(ref _waiting);

    /// <summary>Learns which buckets log, and begins to store.</summary>
    public async Task StartAsync(CancellationToken ct)
    {
        await LearnAsync(ct);
        _storing = Task.Run(StoreAllAsync, CancellationToken.None);
        _looking = new(LookInterval, _time, LookAsync, _failed);
    }

    /// <summary>Puts a request that is over on record, if its bucket logs.</summary>
    public void Add(OssContext context)
    {
        if (_sources.IsEmpty || context.Request?.Bucket is not { } bucket || !_sources.TryGetValue(bucket.Value, out var source))
        {
            return;
        }

        var line = AccessLogLine.Of(context, source.Bucket.OwnerId);
        if (Interlocked.Add(ref _waiting, line.Length) > MaxWaitingBytes)
        {
            Interlocked.Add(ref _waiting, -line.Length);
            Interlocked.Increment(ref _lost);
            return;
        }

        // Counted before it is there: whoever takes it counts it back.
        var held = Interlocked.Add(ref _held, line.Length);
        Batch? full;
        while (!source.TryAdd(line, MaxObjectBytes, out full))
        {
            // Its logging changed meanwhile: the line goes where the bucket's lines go now, if they go anywhere.
            if (!_sources.TryGetValue(bucket.Value, out var next) || next == source || next.Bucket.Id != source.Bucket.Id)
            {
                Interlocked.Add(ref _held, -line.Length);
                Interlocked.Add(ref _waiting, -line.Length);
                return;
            }

            source = next;
        }

        Send(full);
        if (full is null && held > MaxWaitingBytes / 2)
        {
            Send(_sources.Values.MaxBy(candidate => candidate.Held)?.Seal());
        }

        Interlocked.Increment(ref _recorded);
    }

    /// <summary>Turns a bucket's logging on, over to another target, or off; it counts when the task completes.</summary>
    /// <exception cref="OssException"><c>NoSuchBucket</c>.</exception>
    public async ValueTask ChangeAsync(BucketName name, LoggingEnabled? logging, CancellationToken ct)
    {
        await _metadata.WriteAsync(
            [MetadataLock.Bucket(name, shared: false)],
            async tx =>
            {
                var bucket = await tx.Buckets.FindAsync(name) ?? throw OssErrors.BucketMissing(name.Value);
                var document = logging is null ? null : XmlDocuments.ToUtf8(new BucketLoggingStatus(logging));
                await tx.Buckets.PutConfigurationAsync(bucket.Id, BucketLogging.Name, document);
                await tx.Settings.PutAsync(SettingPrefix + name.Value, document is null ? null : [1]);
                return true;
            },
            ct);
        await LearnAsync(CancellationToken.None);
    }

    /// <summary>Logs no more for a bucket that was deleted: one made anew under its name does not have its logging.</summary>
    public ValueTask ForgetAsync(BucketName name) => _sources.ContainsKey(name.Value) ? LearnAsync(CancellationToken.None) : ValueTask.CompletedTask;

    /// <summary>Stores what is due: everything, once the hour is over.</summary>
    public async Task LookAsync(CancellationToken ct)
    {
        await LearnAsync(ct);
        var hour = HourOf(_time.GetUtcNow());
        if (hour > _hour)
        {
            _hour = hour;
            Seal(_sources.Values);
        }

        if (Interlocked.Exchange(ref _lost, 0) is > 0 and var lost)
        {
            _lostLines(lost);
        }
    }

    /// <summary>Completes when everything that was due before the call is stored.</summary>
    public Task DrainAsync(CancellationToken ct)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _batches.Writer.TryWrite(new Batch(null, [], 0, done)) ? done.Task.WaitAsync(ct) : _storing;
    }

    /// <summary>Stores everything that is left.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_looking is not null)
        {
            await _looking.DisposeAsync();
        }

        Seal(_sources.Values);
        _batches.Writer.TryComplete();
        await _storing;
        if (_lost > 0)
        {
            _lostLines(_lost);
        }
    }

    static DateTimeOffset HourOf(DateTimeOffset time) => new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerHour), TimeSpan.Zero);

    void Seal(IEnumerable<Source> sources)
    {
        foreach (var source in sources)
        {
            Send(source.Seal());
        }
    }

    void Send(Batch? batch)
    {
        if (batch is not null)
        {
            Interlocked.Add(ref _held, -batch.Characters);
            _batches.Writer.TryWrite(batch);
        }
    }

    // A bucket of the list may have been deleted, and made anew, since it was put on it: its own document decides.
    async ValueTask LearnAsync(CancellationToken ct)
    {
        var known = await _metadata.ReadAsync(
            async tx =>
            {
                var found = new List<(BucketRecord Bucket, LoggingEnabled Logging)>();
                foreach (var (setting, _) in await tx.Settings.ListAsync(SettingPrefix))
                {
                    if (await tx.Buckets.FindAsync(BucketName.Parse(setting[SettingPrefix.Length..])) is { } bucket
                        && await tx.Buckets.FindConfigurationAsync(bucket.Id, BucketLogging.Name) is { } document
                        && XmlDocuments.Parse<BucketLoggingStatus>(document).LoggingEnabled is { } logging)
                    {
                        found.Add((bucket, logging));
                    }
                }

                return found;
            },
            ct);
        foreach (var (bucket, logging) in known)
        {
            if (!_sources.TryGetValue(bucket.Name.Value, out var current) || current.Logging != logging || current.Bucket.Id != bucket.Id)
            {
                _sources[bucket.Name.Value] = new(bucket, logging);
                Send(current?.Close());
            }
        }

        foreach (var gone in _sources.Keys.Except(known.Select(item => item.Bucket.Name.Value)).ToList())
        {
            if (_sources.TryRemove(gone, out var source))
            {
                Send(source.Close());
            }
        }
    }

    /// <summary>A key of an object that holds the bucket's log.</summary>
    public static ObjectKey NewKey(LoggingEnabled logging, BucketName bucket, DateTimeOffset time)
    {
        var created = time.UtcDateTime.ToString("yyyy-MM-dd-HH-mm-ss", CultureInfo.InvariantCulture);
        return ObjectKey.Parse($"{logging.TargetPrefix}{bucket.Value}{created}-{IdGenerator.RandomHex(8)}");
    }

    async Task StoreAllAsync()
    {
        await foreach (var batch in _batches.Reader.ReadAllAsync(CancellationToken.None))
        {
            try
            {
                if (batch.Source is { } source)
                {
                    await StoreAsync(source, batch.Lines);
                }
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                _failed(exception);
                Interlocked.Add(ref _lost, batch.Lines.Count((byte)'\n'));
            }

            Interlocked.Add(ref _waiting, -batch.Characters);
            batch.Done?.SetResult();
        }
    }

    async Task StoreAsync(Source source, byte[] lines)
    {
        // Another server may have deleted the bucket: requests of one made anew are not for the old one's target.
        var bucket = source.Bucket;
        if (await _metadata.ReadAsync(tx => tx.Buckets.FindAsync(bucket.Name), CancellationToken.None) is { } present && present.Id != bucket.Id)
        {
            throw OssErrors.BucketMissing(bucket.Name.Value);
        }

        await _storage.Objects.PutAsync(
            BucketName.Parse(source.Logging.TargetBucket),
            NewKey(source.Logging, bucket.Name, _time.GetUtcNow()),
            new PutObjectRequest
            {
                Body = new() { Length = lines.Length },
                Attributes = new() { ContentType = "text/plain" },
                RequiredOwnerId = bucket.OwnerId,
            },
            PipeReader.Create(new ReadOnlySequence<byte>(lines)),
            CancellationToken.None); // Nobody waits for it; the end of the server does.
    }

    /// <summary>Lines that are to be stored together; without a source only a mark in the order.</summary>
    sealed record Batch(Source? Source, byte[] Lines, long Characters, TaskCompletionSource? Done = null);

    /// <summary>A bucket that logs, and the lines of it that are not on their way yet.</summary>
    sealed class Source(BucketRecord bucket, LoggingEnabled logging)
    {
        readonly Lock _lock = new();
        ArrayBufferWriter<byte> _lines = new();
        long _characters;
        bool _isClosed;

        public BucketRecord Bucket => bucket;

        public LoggingEnabled Logging => logging;

        /// <summary>How much is not on its way yet.</summary>
        public long Held => Interlocked.Read(ref _characters);

        /// <summary>Adds a line, unless the source is closed; says what is full with it.</summary>
        public bool TryAdd(string line, int limit, out Batch? full)
        {
            full = null;
            lock (_lock)
            {
                if (_isClosed)
                {
                    return false;
                }

                Encoding.UTF8.GetBytes(line, _lines);
                _characters += line.Length;
                full = _lines.WrittenCount >= limit ? Take() : null;
                return true;
            }
        }

        /// <summary>What there is, if there is any; there will be no more. Another source is in its place by then, or none.</summary>
        public Batch? Close()
        {
            lock (_lock)
            {
                _isClosed = true;
                return _lines.WrittenCount == 0 ? null : Take();
            }
        }

        /// <summary>What there is, if there is any.</summary>
        public Batch? Seal()
        {
            lock (_lock)
            {
                return _lines.WrittenCount == 0 ? null : Take();
            }
        }

        Batch Take()
        {
            var batch = new Batch(this, _lines.WrittenSpan.ToArray(), _characters);
            (_lines, _characters) = (new(), 0);
            return batch;
        }
    }
}
