using System.Diagnostics;
using Moss.Client;
using Moss.Protocol.Errors;
using Moss.Protocol.Hashing;

namespace Moss.Crash.Clients;

/// <summary>What a campaign did, so that nobody takes one for thorough that was not. Bytes are of UploadPart bodies.</summary>
sealed class Tally
{
    public readonly List<string> Problems = [];
    public int Uploads;
    public int Kills;
    public int KillsAmidParts;
    public int SkippedParts;
    public int Edits;
    public int LostCheckpoints;
    public long StoredBytes;
    public long SentBytes;
    public long ChangedBytes;
    public long AllowedInFlightBytes;
    public long InFlightBytes;

    /// <summary>Thread-safe.</summary>
    public void Add(Action<Tally> change)
    {
        lock (Problems)
        {
            change(this);
        }
    }

    public override string ToString() =>
        $"{Uploads} uploads, {Kills} kills of the client ({KillsAmidParts} with parts on their way), {Edits} edits, {LostCheckpoints} checkpoints lost; "
        + $"{StoredBytes >> 20} MiB stored by {SentBytes >> 20} MiB sent: {InFlightBytes >> 20} MiB were in flight at a kill (the bound: {AllowedInFlightBytes >> 20}), "
        + $"{ChangedBytes >> 20} MiB changed; {SkippedParts} parts skipped; {Problems.Count} problems";
}

/// <summary>
/// One file, uploaded by one <c>moss cp</c> after the other until one is left alone. Each is held to this: it sends no part that the service
/// held when it began and whose bytes the file still has, and no part twice, unless it changed or its answer was lost; what has no answer when
/// it dies is at most (parallelism x part size); and whatever object stands there is a whole version of the file.
/// </summary>
sealed class KilledUpload : IDisposable
{
    /// <summary>Of one try that nobody disturbs: on a busy machine, hundreds of times what it takes.</summary>
    static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);

    readonly string _home;
    readonly string _bucket;
    readonly string _key;
    readonly Random _random;
    readonly EditedFile _file;
    readonly OssClient _client;
    readonly PartProxy _proxy;
    readonly KilledServer _server;
    readonly Tally _tally;
    readonly long _partSize;
    readonly int _parallel;
    long _sent;
    long _excused;
    int _tries;

    public KilledUpload(string home, string bucket, string key, long size, Random random, OssClient client, PartProxy proxy, KilledServer server, Tally tally)
    {
        _home = Directory.CreateDirectory(Path.Combine(home, key)).FullName;
        _bucket = bucket;
        _key = key;
        _random = random;
        _file = new(Path.Combine(_home, "file"), size, random);
        _client = client;
        _proxy = proxy;
        _server = server;
        _tally = tally;
        _partSize = 1024 * 1024 << random.Next(3);
        _parallel = random.Next(1, 9);
    }

    string ObjectPath => $"/{_bucket}/{_key}";

    string Checkpoints => Path.Combine(_home, "state", "moss", "checkpoints");

    public void Dispose()
    {
        _file.Dispose();
        Directory.Delete(_home, recursive: true);
    }

    /// <param name="mayKill">False when enough was killed.</param>
    public async Task RunAsync(int mostKills, Func<bool> mayKill)
    {
        var before = await LookAsync();
        while (true)
        {
            _tries++;
            _file.Begin();
            var serverKills = _server.Kills;
            var exit = await TryAsync(before, _tries <= mostKills && mayKill());
            Judge(before, exit is null, _server.Kills - serverKills);
            if (exit == 0)
            {
                await FinishAsync();
                return;
            }

            if (exit is not null)
            {
                // A service that is away for a moment is what retries are for.
                Problem($"try {_tries} ended with {exit}; the service was killed {_server.Kills - serverKills} times meanwhile");
                return;
            }

            var after = await LookAsync();
            Account(before, after);
            before = after;
            if (Change(before))
            {
                var changed = before.Bytes;
                before = await LookAsync();
                changed = Math.Max(0, changed - before.Bytes);
                _excused += changed;
                _tally.Add(tally => tally.ChangedBytes += changed);
            }
        }
    }

    /// <summary>Runs <c>moss cp</c>; its exit code, or null when it was killed.</summary>
    async Task<int?> TryAsync(Before before, bool kill)
    {
        using var process = MossProgram.Start(
            _home, _proxy.Endpoint, "cp", _file.Location, $"oss://{_bucket}/{_key}", "-q",
            "--part-size", _partSize.ToString(System.Globalization.CultureInfo.InvariantCulture), "--parallel", _parallel.ToString(System.Globalization.CultureInfo.InvariantCulture));
        var output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        var ended = process.WaitForExitAsync();
        if (kill)
        {
            await UntilItIsTimeAsync(before, ended);
            if (!ended.IsCompleted)
            {
                process.Kill();
                await ended;
                await _proxy.ClientDiedAsync(ObjectPath);
                _tally.Add(tally => tally.Kills++);
                return null;
            }
        }
        else if (_random.Next(2) == 0)
        {
            await BytesAsync(_random.NextInt64(1, _file.Size - before.Bytes + 2), ended);
            Edit(0);
        }

        if (!kill && await Task.WhenAny(ended, Task.Delay(Longest)) != ended)
        {
            Problem($"try {_tries} did not end within {Longest}");
            process.Kill();
        }

        await ended;
        if (process.ExitCode != 0)
        {
            await Console.Error.WriteLineAsync($"{_key}, try {_tries}: {string.Concat(await output)}");
        }

        return process.ExitCode;
    }

    // Some die while they begin, most when so many bytes went over, some when all have. Meanwhile the file changes now and then, or the server dies.
    async Task UntilItIsTimeAsync(Before before, Task ended)
    {
        var missing = _file.Size - before.Bytes;
        var kind = _random.Next(8);
        if (_random.Next(12) == 0)
        {
            await BytesAsync(_random.NextInt64(1, missing + 2), ended);
            await _server.KillAndStartAsync();
        }

        if (_random.Next(10) == 0)
        {
            await BytesAsync(_random.NextInt64(1, missing + 2), ended);
            Edit(_random.Next(2));
        }

        if (kind == 0)
        {
            await Task.WhenAny(ended, Task.Delay(_random.Next(400)));
            return;
        }

        if (kind < 4 && !before.IsOpen)
        {
            // In the moment in which the upload is there and its id is not yet on disk, or just is.
            while (!ended.IsCompleted && !_proxy.HasBegun(ObjectPath))
            {
                await Task.Delay(1);
            }

            await Task.Delay(_random.Next(4));
            return;
        }

        await BytesAsync(kind == 1 ? missing : _random.NextInt64(Math.Max(1, Math.Min(missing, _file.Size / 6))), ended);
        await Task.WhenAny(ended, Task.Delay(_random.Next(kind == 1 ? 120 : 20)));
    }

    async Task BytesAsync(long bytes, Task ended)
    {
        var seen = Stopwatch.StartNew();
        while (!ended.IsCompleted && seen.Elapsed < TimeSpan.FromSeconds(10) && _proxy.Seen(ObjectPath).Sum(part => part.Received) < bytes)
        {
            await Task.Delay(2);
        }
    }

    void Judge(Before before, bool killed, int serverKills)
    {
        var requests = _proxy.Seen(ObjectPath).ToList();
        _proxy.Forget(ObjectPath);
        // A file that turns out shorter while a part is read breaks off the others.
        var breaks = (killed ? 1L : 0) + serverKills + _file.RecentCuts;
        var repeated = 0;
        foreach (var part in requests.GroupBy(request => request.PartNumber))
        {
            if (IsTouched(part.Key))
            {
                _excused += part.Sum(request => request.Received);
                continue;
            }

            if (before.Held.ContainsKey(part.Key))
            {
                Problem($"try {_tries} sent part {part.Key}, which was there");
            }

            repeated += part.Count(request => request.IsAcknowledged) - 1;
        }

        // An answer that comes in the moment of the break may not be heard.
        if (repeated > _parallel * breaks)
        {
            Problem($"try {_tries} sent {repeated} parts again after they had been acknowledged");
        }

        var inFlight = requests.Where(request => !request.IsAcknowledged).ToList();
        var lost = inFlight.Sum(request => request.Received);
        if (inFlight.Count > _parallel * breaks || lost > _parallel * _partSize * breaks)
        {
            Problem($"try {_tries}: {inFlight.Count} parts of {lost} bytes without an answer; {_parallel} x {_partSize} may be in flight at each of {breaks} breaks");
        }

        _sent += requests.Sum(request => request.Received);
        _excused += (_parallel * _partSize * breaks) + before.Held.Where(part => IsTouched(part.Key)).Sum(part => part.Value);
        _tally.Add(tally =>
        {
            tally.SkippedParts += before.Held.Count;
            tally.KillsAmidParts += killed && inFlight.Count > 0 ? 1 : 0;
            tally.InFlightBytes += lost;
            tally.AllowedInFlightBytes += _parallel * _partSize * breaks;
        });
    }

    bool IsTouched(int part) => _file.IsTouched((part - 1) * _partSize, _partSize);

    // Killed after the upload was completed, and before it said so: what comes next, if the file changes, is another upload.
    void Account(Before before, Before after)
    {
        if (after.Object is { } made && made != before.Object && !after.IsOpen)
        {
            Settle(made.Size);
        }
    }

    void Settle(long size)
    {
        if (_sent > size + _excused)
        {
            Problem($"{_sent} bytes were sent for {size}; parts in flight and changed ones explain {_excused}");
        }

        var sent = _sent;
        _tally.Add(tally =>
        {
            tally.StoredBytes += size;
            tally.SentBytes += sent;
        });
        (_sent, _excused) = (0, 0);
    }

    /// <summary>What may happen while nobody uploads: to the file (true), or to the checkpoint.</summary>
    bool Change(Before held)
    {
        switch (_random.Next(9))
        {
            case < 3 and var kind:
                Edit(kind);
                return true;
            // Nothing but its parts tells an upload whose checkpoint is gone: there have to be some.
            case 3 when held.Held.Count >= 8:
                Lose(static file => File.Delete(file));
                break;
            case 4 when held.Held.Count >= 8:
                Lose(file =>
                {
                    using var cut = new FileStream(file, FileMode.Open);
                    cut.SetLength(_random.NextInt64(cut.Length));
                });
                break;
        }

        return false;
    }

    void Edit(int kind)
    {
        switch (kind)
        {
            case 0:
                _file.EditInPlace();
                break;
            // Files below the threshold go by PutObject; that is another test's matter.
            case 1 when _file.Size > 64 * 1024 * 1024:
                _file.Truncate();
                break;
            default:
                _file.Extend();
                break;
        }

        _tally.Add(tally => tally.Edits++);
    }

    void Lose(Action<string> how)
    {
        foreach (var file in Directory.Exists(Checkpoints) ? Directory.GetFiles(Checkpoints, "*.checkpoint") : [])
        {
            how(file);
            _tally.Add(tally => tally.LostCheckpoints++);
        }
    }

    /// <summary>What the service holds of the file as it is now: part numbers and lengths.</summary>
    async Task<Before> LookAsync()
    {
        var open = new List<string>();
        await foreach (var upload in _client.ListMultipartUploadsAsync(_bucket, _key))
        {
            if (upload.Key == _key)
            {
                open.Add(upload.UploadId);
            }
        }

        if (open.Count > 1)
        {
            Problem($"{open.Count} uploads are open after try {_tries}");
        }

        var info = await _client.FindObjectAsync(_bucket, _key);
        if (info is not null && !_file.WasEver(info.Crc64 ?? 0))
        {
            Problem($"after try {_tries} the object is no version of the file");
        }

        var held = new Dictionary<int, long>();
        if (open.Count == 1)
        {
            try
            {
                await foreach (var part in _client.ListPartsAsync(_bucket, _key, open[0]))
                {
                    var offset = (part.PartNumber - 1) * _partSize;
                    if (part.Size == Math.Min(_partSize, _file.Size - offset) && part.HashCrc64ecma == _file.CrcOf(offset, part.Size))
                    {
                        held[part.PartNumber] = part.Size;
                    }
                }
            }
            catch (OssException gone) when (gone.Code == "NoSuchUpload")
            {
                // The last request of a client that was killed ended between the questions: what was answered before is no more.
                return await LookAsync();
            }
        }

        return new(held, open.Count > 0, info is null ? null : new(info.Size, info.LastModified, info.ETag));
    }

    async Task FinishAsync()
    {
        await using var found = await _client.GetObjectAsync(_bucket, _key);
        var crc = default(Crc64);
        var buffer = new byte[1024 * 1024];
        for (int read; (read = await found.Content.ReadAsync(buffer)) > 0;)
        {
            crc.Append(buffer.AsSpan(0, read));
        }

        if (!_file.WasRecently(crc.Value))
        {
            Problem($"a WRONG OBJECT: CRC-64 {crc.Value} of {crc.Length} bytes is no version that the file had during try {_tries}");
        }

        if (_sent > 0)
        {
            Settle(crc.Length);
        }

        _tally.Add(tally => tally.Uploads++);
        await _client.DeleteObjectAsync(_bucket, _key);
    }

    void Problem(string what) => _tally.Add(tally => tally.Problems.Add($"{_key}: {what}"));

    /// <param name="Held">Parts that need not be sent, with their bytes.</param>
    /// <param name="IsOpen">Whether there is an upload, with parts or without.</param>
    /// <param name="Object">What stands under the key.</param>
    sealed record Before(IReadOnlyDictionary<int, long> Held, bool IsOpen, Made? Object)
    {
        public long Bytes { get; } = Held.Sum(static part => part.Value);
    }

    /// <summary>An object, as far as another one of the same key differs from it.</summary>
    sealed record Made(long Size, DateTimeOffset? LastModified, string ETag);
}
