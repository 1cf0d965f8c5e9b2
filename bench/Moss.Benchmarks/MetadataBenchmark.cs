using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Security.Cryptography;
using Moss.Protocol.Names;
using Moss.Storage;
using Moss.Storage.Blobs;
using Moss.Storage.Metadata;
using Moss.Storage.Sql;

namespace Moss.Benchmarks;

/// <summary>
/// What the catalogue's transactions cost: `metadata [durable|ci|memory|URL [CASE [CALLERS [SECONDS]]]]`. Wall time and this process's CPU time; for a
/// database at a distance that is the client's part only.
/// </summary>
static class MetadataBenchmark
{
    static readonly IdGenerator Ids = new(TimeProvider.System);
    static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    internal static async Task RunAsync(string[] options)
    {
        var engine = options.Length > 0 ? options[0] : "durable";
        var only = options.Length > 1 ? options[1] : "";
        var callers = options.Length > 2 ? int.Parse(options[2], CultureInfo.InvariantCulture) : 64;
        var seconds = options.Length > 3 ? int.Parse(options[3], CultureInfo.InvariantCulture) : 5;
        (string Name, Func<IMetadataStore, Task> Run)[] cases =
        [
            ("put", store => PutsAsync(store, callers, seconds, inlineBytes: 4096)),
            ("put-no-inline", store => PutsAsync(store, callers, seconds, inlineBytes: 0)),
            ("get", store => GetsAsync(store, callers, seconds)),
            ("page", PagesAsync),
            ("parts", PartsAsync),
        ];
        foreach (var (name, run) in cases.Where(one => only is "" or "all" || only == one.Name))
        {
            var directory = Directory.CreateTempSubdirectory("moss-bench-").FullName;
            try
            {
                await using IMetadataStore store = engine switch
                {
                    "durable" or "ci" => SqliteMetadataStore.Open(Path.Combine(directory, "meta.db"), engine == "durable", TimeProvider.System),
                    "memory" => new InMemoryMetadataStore(),
                    _ => PostgresMetadataStore.Open(engine, TimeProvider.System),
                };
                await store.InitializeAsync(CancellationToken.None);
                Console.WriteLine($"-- {engine} {name}");
                await run(store);
            }
            finally
            {
                Directory.Delete(directory, recursive: true);
            }
        }
    }

    /// <summary>What a small PutObject does: find the bucket, find the object, add the blob with its bytes, put the object.</summary>
    static async Task PutsAsync(IMetadataStore store, int callers, int seconds, int inlineBytes)
    {
        var bucket = await MakeBucketAsync(store);
        var body = RandomNumberGenerator.GetBytes(inlineBytes);
        var md5 = RandomNumberGenerator.GetBytes(16);
        using var meter = new Meters();
        for (var round = 0; round < 3; round++)
        {
            await MeasureAsync("put", callers, TimeSpan.FromSeconds(seconds), (caller, i) =>
            {
                var key = ObjectKey.Parse($"bench/{caller * 7919 % 1000:d3}/{round}/{i:x8}/{caller}");
                return PutAsync(store, bucket, key, body, md5);
            });
            meter.Print();
        }
    }

    static async Task PutAsync(IMetadataStore store, BucketName bucket, ObjectKey key, byte[] body, byte[] md5)
    {
        var blob = Ids.NewBlobId(body.Length > 0);
        await store.WriteAsync(
            [MetadataLock.Bucket(bucket, shared: true), MetadataLock.Key(bucket, key)],
            async tx =>
            {
                var found = await tx.Buckets.FindAsync(bucket) ?? throw new InvalidOperationException("no bucket");
                var before = await tx.Objects.FindAsync(found.Id, key);
                await tx.Blobs.AddAsync(new(blob, 4096, 1, md5), body.Length > 0 ? body : null);
                await tx.Objects.PutAsync(Row(found.Id, key, Manifest.Of(blob, 4096), md5) with { Sequence = (before?.Sequence ?? 0) + 1 });
                return true;
            },
            CancellationToken.None);
    }

    static async Task GetsAsync(IMetadataStore store, int callers, int seconds)
    {
        var bucket = await MakeBucketAsync(store);
        await FillAsync(store, bucket, 100_000);
        await MeasureAsync("get", callers, TimeSpan.FromSeconds(seconds), (caller, i) => store.ReadAsync(
            async tx =>
            {
                var found = await tx.Buckets.FindAsync(bucket);
                return await tx.Objects.FindAsync(found!.Id, KeyOf((int)((((long)i * 64) + caller) * 7919 % 100_000)))
                    ?? throw new InvalidOperationException("no object");
            },
            CancellationToken.None).AsTask());
    }

    static async Task PagesAsync(IMetadataStore store)
    {
        var bucket = await MakeBucketAsync(store);
        var clock = Stopwatch.StartNew();
        await FillAsync(store, bucket, 1_000_000);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"fill: 1,000,000 keys in {clock.Elapsed.TotalSeconds:f1} s"));
        var id = (await store.ReadAsync(tx => tx.Buckets.FindAsync(bucket), CancellationToken.None))!.Id;
        for (var round = 0; round < 3; round++)
        {
            await MeasureAsync("page of 1000", 1, TimeSpan.FromSeconds(2), async (_, i) =>
            {
                var rows = await store.ReadAsync(
                    tx => tx.Objects.ScanAsync(id, KeyOf(i * 7919 % 990_000).ToUtf8(), null, 1000), CancellationToken.None);
                if (rows.Count != 1000)
                {
                    throw new InvalidOperationException("short page");
                }
            });
        }

        await MeasureAsync("seek of 1", 1, TimeSpan.FromSeconds(2), (_, i) => store.ReadAsync(
            tx => tx.Objects.ScanAsync(id, KeyOf(i * 7919 % 990_000).ToUtf8(), null, 1), CancellationToken.None).AsTask());
        clock.Restart();
        var totals = await store.ReadAsync(tx => tx.Objects.TotalsAsync(id), CancellationToken.None);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"totals: {totals[0].Objects} objects in {clock.ElapsedMilliseconds} ms"));
    }

    static async Task PartsAsync(IMetadataStore store)
    {
        var bucket = await MakeBucketAsync(store);
        for (var round = 0; round < 3; round++)
        {
            var upload = await store.WriteAsync(
                [],
                tx => tx.Uploads.InsertAsync(new()
                {
                    BucketId = 1,
                    Key = ObjectKey.Parse("k"),
                    Id = IdGenerator.NewUploadId(),
                    Initiated = Now,
                    OwnerId = "o",
                }),
                CancellationToken.None);
            var number = 0;
            await MeasureCountAsync("part put", 64, 10_000, async () =>
            {
                var part = Part(Interlocked.Increment(ref number));
                await store.WriteAsync(
                    [MetadataLock.Bucket(bucket, shared: true), MetadataLock.Upload(upload.Id, shared: true), MetadataLock.Part(upload.Id, part.Number)],
                    async tx =>
                    {
                        await tx.Uploads.FindAsync(upload.Id);
                        await tx.Parts.FindAsync(upload, part.Number);
                        await tx.Blobs.AddAsync(new(part.Manifest.Extents[0].Blob, part.Size, part.Crc64, part.RunningMd5 ?? new byte[16]), null);
                        await tx.Parts.PutAsync(upload, part);
                        return true;
                    },
                    CancellationToken.None);
            });
            await MeasureCountAsync("read 10,000 parts", 1, 1, async () =>
            {
                var parts = await store.ReadAsync(tx => tx.Parts.ListAsync(upload, 0, 10_000), CancellationToken.None);
                if (parts.Count != 10_000)
                {
                    throw new InvalidOperationException("parts are missing");
                }
            });
        }
    }

    static PartRecord Part(int number) => new()
    {
        Number = PartNumber.Of(number),
        Size = 1 << 20,
        ETag = new("D41D8CD98F00B204E9800998ECF8427E"),
        Crc64 = 1,
        LastModified = Now,
        Manifest = Manifest.Of(Ids.NewBlobId(inline: false), 1 << 20),
    };

    static async Task<BucketName> MakeBucketAsync(IMetadataStore store)
    {
        if (!BucketName.TryParse("bench-" + IdGenerator.RandomHex(8).ToLowerInvariant(), out var name))
        {
            throw new InvalidOperationException("not a name");
        }

        await store.WriteAsync(
            [],
            tx => tx.Buckets.InsertAsync(new() { Name = name, OwnerId = "1234567890", CreationDate = Now }),
            CancellationToken.None);
        return name;
    }

    static async Task FillAsync(IMetadataStore store, BucketName bucket, int count)
    {
        var id = (await store.ReadAsync(tx => tx.Buckets.FindAsync(bucket), CancellationToken.None))!.Id;
        var md5 = new byte[16];
        for (var start = 0; start < count; start += 10_000)
        {
            var first = start;
            await store.WriteAsync(
                [],
                async tx =>
                {
                    for (var i = first; i < first + 10_000; i++)
                    {
                        await tx.Objects.PutAsync(Row(id, KeyOf(i), Manifest.Of(Ids.NewBlobId(inline: false), 4096), md5));
                    }

                    return true;
                },
                CancellationToken.None);
        }
    }

    static ObjectKey KeyOf(int i) => ObjectKey.Parse(string.Create(CultureInfo.InvariantCulture, $"folder/{i / 1000:d4}/object-{i:d8}.bin"));

    static ObjectRecord Row(long bucketId, ObjectKey key, Manifest manifest, byte[] md5) => new()
    {
        BucketId = bucketId,
        Key = key,
        Sequence = 1,
        IsCurrent = true,
        Size = 4096,
        ETag = new("D41D8CD98F00B204E9800998ECF8427E"),
        LastModified = Now,
        OwnerId = "1234567890",
        Crc64 = 77,
        Md5 = md5,
        Manifest = manifest,
        Attributes = new() { ContentType = "application/octet-stream" },
    };

    static async Task MeasureAsync(string name, int callers, TimeSpan duration, Func<int, int, Task> action)
    {
        var (before, start) = (Usage.Now(), Stopwatch.GetTimestamp());
        var counts = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            var i = 0;
            for (; Stopwatch.GetElapsedTime(start) < duration; i++)
            {
                await action(caller, i);
            }

            return i;
        })));
        Report(name, counts.Sum(), before, start);
    }

    static async Task MeasureCountAsync(string name, int callers, int count, Func<Task> action)
    {
        var (before, start, left) = (Usage.Now(), Stopwatch.GetTimestamp(), count);
        await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                await action();
            }
        })));
        Report(name, count, before, start);
    }

    static void Report(string name, int count, Usage before, long start)
    {
        var wall = Stopwatch.GetElapsedTime(start);
        var used = Usage.Now() - before;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-18} {count / wall.TotalSeconds,10:f0}/s {used.User.TotalMicroseconds / count,8:f1} us user {used.System.TotalMicroseconds / count,8:f1} us system {used.Allocated / count,8} B allocated {used.Written / count,8} B in {(double)used.Writes / count:f2} writes"));
    }

    /// <summary>What the process used so far. What it handed to the kernel to write is exact where times depend on the neighbours.</summary>
    readonly record struct Usage(TimeSpan User, TimeSpan System, long Allocated, long Written, long Writes)
    {
        public static Usage Now()
        {
            var cpu = Environment.CpuUsage;
            var io = File.Exists("/proc/self/io")
                ? File.ReadAllLines("/proc/self/io").Select(line => line.Split(": ")).ToDictionary(pair => pair[0], pair => long.Parse(pair[1]))
                : [];
            return new(cpu.UserTime, cpu.PrivilegedTime, GC.GetTotalAllocatedBytes(), io.GetValueOrDefault("wchar"), io.GetValueOrDefault("syscw"));
        }

        public static Usage operator -(Usage left, Usage right) => new(
            left.User - right.User,
            left.System - right.System,
            left.Allocated - right.Allocated,
            left.Written - right.Written,
            left.Writes - right.Writes);
    }

    /// <summary>Collects the store's own histograms.</summary>
    sealed class Meters : IDisposable
    {
        readonly MeterListener _listener = new();
        readonly Dictionary<string, List<double>> _values = [];

        public Meters()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "Moss.Storage")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => Add(instrument.Name, value * 1000));
            _listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => Add(instrument.Name, value));
            _listener.Start();
        }

        public void Print()
        {
            lock (_values)
            {
                foreach (var (name, values) in _values.OrderBy(pair => pair.Key))
                {
                    values.Sort();
                    Console.WriteLine(string.Create(
                        CultureInfo.InvariantCulture,
                        $"    {name,-32} n {values.Count,7} p50 {values[values.Count / 2],9:f2} p99 {values[values.Count * 99 / 100],9:f2} max {values[^1],9:f2}"));
                    values.Clear();
                }

                _values.Clear();
            }
        }

        public void Dispose() => _listener.Dispose();

        void Add(string name, double value)
        {
            lock (_values)
            {
                if (!_values.TryGetValue(name, out var list))
                {
                    _values[name] = list = [];
                }

                list.Add(value);
            }
        }
    }
}
