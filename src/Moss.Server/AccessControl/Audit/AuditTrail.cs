using System.Text.Json;
using System.Threading.Channels;

namespace Moss.Server.AccessControl.Audit;

/// <summary>
/// Keeps audit records: one JSON object a line, in files of the data directory that only their owner may read, or in memory where there is no directory. Both
/// kinds have a queue, files and a bound of their own, so that a flood of refusals pushes out older refusals and nothing else. Requests never wait
/// for it: when records come faster than they are written, the surplus is counted and the count put on record among those of its kind.
/// </summary>
sealed class AuditTrail : IAsyncDisposable
{
    /// <summary>The most records that an answer holds.</summary>
    public const int MaxAnswer = 10_000;

    readonly Lane[] _lanes;

    /// <param name="directory">The data directory, or null to keep records in memory.</param>
    /// <param name="time">The clock of records about the trail itself.</param>
    /// <param name="failed">Told when records could not be written.</param>
    /// <param name="maxFileBytes">How long a file grows before the next one begins.</param>
    public AuditTrail(string? directory, TimeProvider time, Action<Exception> failed, long maxFileBytes = AuditFile.DefaultMaxBytes)
    {
        var folder = directory is null ? null : Path.Combine(directory, "audit");
        _lanes = [.. Enum.GetValues<AuditKind>().Select(
            kind => new Lane(kind, new(folder, kind.ToString().ToLowerInvariant(), maxFileBytes), time, failed))];
    }

    /// <summary>Puts a request on record.</summary>
    public void Add(AuditRecord record) => _lanes[(int)record.Kind].Add(record);

    /// <summary>The newest records that fit, oldest of them first; everything added before the call counts.</summary>
    /// <param name="limit">At most so many.</param>
    /// <param name="since">None older than this.</param>
    /// <param name="code">Only those of this code.</param>
    /// <param name="ct">Gives up.</param>
    public async ValueTask<IReadOnlyList<AuditRecord>> ReadAsync(int limit, DateTimeOffset? since, string? code, CancellationToken ct)
    {
        var records = new List<AuditRecord>();
        foreach (var lane in _lanes)
        {
            await lane.WrittenAsync(ct);
            records.AddRange(lane.ReadNewest()
                .TakeWhile(record => since is null || record.Time >= since)
                .Where(record => code is null || record.Code == code)
                .Take(Math.Clamp(limit, 0, MaxAnswer)));
        }

        return [.. records.OrderByDescending(record => record.Time).Take(Math.Clamp(limit, 0, MaxAnswer)).Reverse()];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var lane in _lanes)
        {
            await lane.DisposeAsync();
        }
    }

    /// <summary>The records of one kind.</summary>
    sealed class Lane : IAsyncDisposable
    {
        const int MaxWaiting = 8192;

        readonly Channel<Item> _waiting = Channel.CreateBounded<Item>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
        readonly AuditKind _kind;
        readonly AuditFile _file;
        readonly TimeProvider _time;
        readonly Action<Exception> _failed;
        readonly Task _writing;
        long _lost;

        public Lane(AuditKind kind, AuditFile file, TimeProvider time, Action<Exception> failed)
        {
            _kind = kind;
            _file = file;
            _time = time;
            _failed = failed;
            _writing = Task.Run(WriteAllAsync);
        }

        public void Add(AuditRecord record)
        {
            if (!_waiting.Writer.TryWrite(new(record, null)))
            {
                Interlocked.Increment(ref _lost);
            }
        }

        /// <summary>Waits until everything that was added is written.</summary>
        public async ValueTask WrittenAsync(CancellationToken ct)
        {
            var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await _waiting.Writer.WriteAsync(new(null, written), ct);
            await written.Task.WaitAsync(ct);
        }

        public IEnumerable<AuditRecord> ReadNewest() =>
            _file.ReadNewest().Select(line => JsonSerializer.Deserialize(line, AuditJson.Default.AuditRecord)!);

        public async ValueTask DisposeAsync()
        {
            _waiting.Writer.TryComplete();
            await _writing;
            _file.Dispose();
        }

        async Task WriteAllAsync()
        {
            await foreach (var (record, written) in _waiting.Reader.ReadAllAsync())
            {
                try
                {
                    NoteLosses();
                    if (record is not null)
                    {
                        Write(record);
                    }

                    if (written is not null || !_waiting.Reader.TryPeek(out _))
                    {
                        _file.Flush();
                    }
                }
                catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
                {
                    _failed(exception);
                }

                written?.SetResult();
            }
        }

        void Write(AuditRecord record) => _file.Append(JsonSerializer.SerializeToUtf8Bytes(record, AuditJson.Default.AuditRecord));

        void NoteLosses()
        {
            var lost = Interlocked.Exchange(ref _lost, 0);
            if (lost > 0)
            {
                Write(new()
                {
                    Time = _time.GetUtcNow(),
                    Kind = _kind,
                    RequestId = "",
                    Operation = "audit:lost",
                    Resource = lost.ToString(System.Globalization.CultureInfo.InvariantCulture),
                    Status = 0,
                    SourceIp = "",
                });
            }
        }

        readonly record struct Item(AuditRecord? Record, TaskCompletionSource? Written);
    }
}
