using System.Collections.Concurrent;
using Moss.Client.Tests.Servers;
using Moss.Client.Transfer;
using Moss.Protocol.Hashing;

namespace Moss.Client.Tests.Transfer;

/// <summary>
/// An editor changes a file at random while it is uploaded over a bad network and uploads are broken off at random. Whatever is stored is a
/// state that the file was in: the editor remembers the CRC-64 of every one.
/// </summary>
public sealed class TortureTests(MossFixture moss) : IDisposable
{
    const int PartSize = 100 * 1024;

    readonly TempDirectory _directory = new();
    readonly OssClient _client = moss.Client();

    /// <summary>More seeds, for a long run: the environment variable MOSS_TORTURE says how many.</summary>
    static int Rounds => int.TryParse(Environment.GetEnvironmentVariable("MOSS_TORTURE"), out var rounds) ? rounds : 8;

    public void Dispose()
    {
        _client.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Whatever_happens_the_object_is_a_state_of_the_file()
    {
        var bucket = await moss.BucketAsync(_client);
        var stored = 0;
        for (var seed = 1; seed <= Rounds; seed++)
        {
            stored += await RunAsync(bucket, seed);
        }

        Assert.True(stored >= Rounds, $"{stored} uploads succeeded.");
    }

    async Task<int> RunAsync(string bucket, int seed)
    {
        var random = new Random(seed);
        var key = $"torture-{seed}";
        var path = _directory.RandomFile(key, random.Next(PartSize / 2, 12 * PartSize), seed);
        await using var proxy = new FaultProxy(moss.Port, connection => Fault(seed, connection));
        using var client = moss.Client(proxy.Endpoint, options => options with { IdleTimeout = TimeSpan.FromMilliseconds(500) });
        var editor = new Editor(path, seed);
        using var stop = new CancellationTokenSource();
        var editing = editor.RunAsync(random.Next(0, 25), stop.Token);
        var stored = 0;
        for (var attempt = 0; ; attempt++)
        {
            var last = attempt >= 5 || editing.IsCompleted;
            if (last)
            {
                await stop.CancelAsync();
                await editing;
            }

            var handle = await new Uploader(client).StartAsync(Request(bucket, key, path, random));
            if (!last && random.Next(2) == 0)
            {
                await Task.Delay(random.Next(150));
                await handle.CancelAsync();
                Damage(random);
            }

            try
            {
                var result = await handle.WaitAsync();
                stored++;
                Assert.True(editor.States.ContainsKey(result.Crc64), $"Seed {seed}, attempt {attempt}: a state the file never was in.");
                Assert.Equal(result.Crc64, (await _client.HeadObjectAsync(bucket, key)).Crc64);
                if (last)
                {
                    Assert.Equal(Crc64.Compute(await File.ReadAllBytesAsync(path)), result.Crc64);
                    return stored;
                }
            }
            catch (Exception e) when (e is OperationCanceledException or SourceChangedException && !last)
            {
                // Broken off, or the editor was too busy: the next attempt goes on.
            }
        }
    }

    UploadRequest Request(string bucket, string key, string path, Random random) => new()
    {
        Bucket = bucket,
        Key = key,
        Source = UploadSource.FromFile(path),
        Options = new()
        {
            PartSize = random.Next(2) == 0 ? PartSize : PartSize * 2,
            Parallelism = random.Next(1, 6),
            MultipartThreshold = random.Next(4) == 0 ? 8 * PartSize : PartSize,
            MaxAttempts = 40,
            CheckpointDirectory = _directory.File("checkpoints"),
        },
    };

    // A checkpoint is lost now and then, or its end is.
    void Damage(Random random)
    {
        foreach (var file in Directory.Exists(_directory.File("checkpoints")) ? Directory.GetFiles(_directory.File("checkpoints")) : [])
        {
            switch (random.Next(4))
            {
                case 0:
                    File.Delete(file);
                    break;
                case 1:
                    using (var cut = new FileStream(file, FileMode.Open))
                    {
                        cut.SetLength(random.NextInt64(cut.Length + 1));
                    }

                    break;
            }
        }
    }

    static Fault Fault(int seed, int connection)
    {
        var random = new Random((seed * 104_729) + connection);
        return random.Next(8) switch
        {
            0 => new() { CutUp = random.Next(1, 4 * PartSize) },
            1 => new() { FlipUp = random.Next(1, 4 * PartSize) },
            2 => new() { Overloaded = true },
            3 => new() { CutDown = random.Next(1, 1000) },
            4 => new() { Latency = TimeSpan.FromMilliseconds(10) },
            _ => Servers.Fault.None,
        };
    }

    /// <summary>Changes a file by single writes, each of which leads from one state to the next; time stamps are put back as they were.</summary>
    sealed class Editor
    {
        readonly string _path;
        readonly Random _random;
        readonly DateTime _time;
        byte[] _content;

        public Editor(string path, int seed)
        {
            _path = path;
            _random = new(~seed);
            _time = File.GetLastWriteTimeUtc(path);
            _content = File.ReadAllBytes(path);
            Remember();
        }

        public ConcurrentDictionary<ulong, bool> States { get; } = new();

        public async Task RunAsync(int edits, CancellationToken ct)
        {
            for (var i = 0; i < edits && !ct.IsCancellationRequested; i++)
            {
                await Task.Delay(_random.Next(30), CancellationToken.None);
                using var file = new FileStream(_path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, 1);
                if (_random.Next(5) == 0)
                {
                    // The state is remembered before it comes about: the uploader may be faster than the editor's book-keeping.
                    Array.Resize(ref _content, _random.Next(1, 12 * PartSize));
                    Remember();
                    file.SetLength(_content.Length);
                }
                else
                {
                    // Within one page, so that no reader sees half of it.
                    var at = _random.Next(_content.Length);
                    var length = Math.Min(Math.Min(_random.Next(1, 64), _content.Length - at), 4096 - (at % 4096));
                    _random.NextBytes(_content.AsSpan(at, length));
                    Remember();
                    file.Position = at;
                    file.Write(_content.AsSpan(at, length));
                }

                File.SetLastWriteTimeUtc(_path, _time);
            }
        }

        void Remember() => States[Crc64.Compute(_content)] = true;
    }
}
