using System.Text.Json;
using System.Threading.Channels;

namespace Moss.Server.AccessControl.Audit;

/// <summary>
/// Keeps audit records: one JSON object a line, in files of the data directory that only their owner may read, or in memory where there is no directory. Both
/// kinds have files of their own and a bound of their own, so that a flood of refusals pushes out older refusals and nothing else. Requests never wait
/// for it: when records come faster than they are written, the surplus is counted and the count put on record.
/// </summary>
sealed class AuditTrail : IAsyncDisposable
{
    /// <summary>The most records that an answer holds.</summary>
    public const int MaxAnswer = 10_000;

    const int MaxWaiting = 8192;

    readonly Channel<Item> _waiting = Channel.CreateBounded<Item>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    readonly AuditFile[] _files;
    readonly TimeProvider _time;
    readonly Action<Exception> _failed;
    readonly Task _writing;
    long _lost;

    /// <param name="directory">The data directory, or null to keep records in memory.</param>
    /// <param name="time">The clock of records about the trail itself.</param>
    /// <param name="failed">Told when records could not be written.</param>
    /// <param name="maxFileBytes">How long a file grows before the next one begins.</param>
    public AuditTrail(string? directory, TimeProvider time, Action<Exception> failed, long maxFileBytes = AuditFile.DefaultMaxBytes)
    {
        _time = time;
        _failed = failed;
        var folder = directory is null ? null : Path.Combine(directory, "audit");
        _files = [.. Enum.GetValues<AuditKind>().Select(kind => new AuditFile(folder, kind.ToString().ToLowerInvariant(), maxFileBytes))];
        _writing = Task.Run(WriteAllAsync);
    }

    /// <summary>Puts a request on record.</summary>
    public void Add(AuditRecord record)
    {
        if (!_waiting.Writer.TryWrite(new(record, null)))
        {
            Interlocked.Increment(ref _lost);
        }
    }

    /// <summary>The newest records that fit, oldest of them first; everything added before the call counts.</summary>
    /// <param name="limit">At most so many.</param>
    /// <param name="since">None older than this.</param>
    /// <param name="code">Only those of this code.</param>
    /// <param name="ct">Gives up.</param>
    public async ValueTask<IReadOnlyList<AuditRecord>> ReadAsync(int limit, DateTimeOffset? since, string? code, CancellationToken ct)
    {
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _waiting.Writer.WriteAsync(new(null, written), ct);
        await written.Task.WaitAsync(ct);
        return [.. _files
            .SelectMany(file => file.ReadNewest()
                .Select(line => JsonSerializer.Deserialize(line, AuditJson.Default.AuditRecord)!)
                .TakeWhile(record => since is null || record.Time >= since)
                .Where(record => code is null || record.Code == code)
                .Take(Math.Clamp(limit, 0, MaxAnswer)))
            .OrderByDescending(record => record.Time)
            .Take(Math.Clamp(limit, 0, MaxAnswer))
            .Reverse()];
    }

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _writing;
        foreach (var file in _files)
        {
            file.Dispose();
        }
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
                    Array.ForEach(_files, file => file.Flush());
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                _failed(exception);
            }

            written?.SetResult();
        }
    }

    void Write(AuditRecord record) =>
        _files[(int)record.Kind].Append(JsonSerializer.SerializeToUtf8Bytes(record, AuditJson.Default.AuditRecord));

    void NoteLosses()
    {
        var lost = Interlocked.Exchange(ref _lost, 0);
        if (lost > 0)
        {
            Write(new()
            {
                Time = _time.GetUtcNow(),
                Kind = AuditKind.Privileged,
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
