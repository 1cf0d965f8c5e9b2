using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.IO.Pipelines;
using System.Text;
using Moss.Client.Transfer;
using Moss.Protocol.Errors;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;

namespace Moss.Client.Samples;

/// <summary>The client that all samples use: endpoint and credentials from the environment.</summary>
static class Environment
{
    public static OssClient Client() => new(new()
    {
        Endpoint = System.Environment.GetEnvironmentVariable("OSS_ENDPOINT") ?? "http://127.0.0.1:9020",
        Region = System.Environment.GetEnvironmentVariable("OSS_REGION"),
    });

    public static IProgress<TransferProgress> Progress() => new Printed();

    sealed class Printed : IProgress<TransferProgress>
    {
        public void Report(TransferProgress value) => Console.Error.Write(
            $"\r{value.Phase,-10} {value.TransferredBytes:N0} of {value.TotalBytes:N0} bytes, {value.BytesPerSecond / 1e6:0.0} MB/s, {value.Retries} retries ");
    }
}

/// <summary><see cref="OssClient"/>: store, read, list, share and delete.</summary>
static class ObjectsSample
{
    public static async Task RunAsync(string bucket, CancellationToken ct)
    {
        using var client = Environment.Client();
        await client.PutBucketAsync(bucket, ct: ct);
        var stored = await client.PutObjectAsync(
            bucket,
            "greetings/world.txt",
            RequestBody.FromBytes(Encoding.UTF8.GetBytes("Hello, world.")),
            new() { ContentType = "text/plain", StorageClass = StorageClass.Standard },
            ct);
        Console.WriteLine($"Stored with CRC-64 {stored.Crc64}.");

        await using (var found = await client.GetObjectAsync(bucket, "greetings/world.txt", ct: ct))
        {
            using var reader = new StreamReader(found.Content);
            Console.WriteLine(await reader.ReadToEndAsync(ct));
        }

        await foreach (var listed in client.ListObjectsAsync(bucket, new() { Prefix = "greetings/" }, ct))
        {
            Console.WriteLine($"{listed.LastModified:u} {listed.Size,12} {listed.Key}");
        }

        Console.WriteLine(await client.PresignGetAsync(bucket, "greetings/world.txt", TimeSpan.FromMinutes(10), ct));
        await client.DeleteObjectAsync(bucket, "greetings/world.txt", ct: ct);
    }
}

/// <summary><see cref="Uploader"/>: a file, resumable. Break it off with Ctrl-C and start it again: it goes on.</summary>
static class UploaderSample
{
    public static async Task RunAsync(string path, string bucket, string key, CancellationToken ct)
    {
        using var client = Environment.Client();
        var uploader = new Uploader(client, new() { Progress = Environment.Progress() });
        var handle = await uploader.StartAsync(new() { Bucket = bucket, Key = key, Source = UploadSource.FromFile(path) }, ct);
        var result = await handle.WaitAsync(CancellationToken.None);
        Console.WriteLine();
        Console.WriteLine($"{result.Size} bytes in {result.Parts} parts, CRC-64 {result.Crc64}; {result.SkippedBytes} bytes were there already.");
    }
}

/// <summary><see cref="Uploader"/>: standard input, of a length nobody knows, within 64 MiB of memory.</summary>
static class StreamSample
{
    public static async Task RunAsync(string bucket, string key, CancellationToken ct)
    {
        using var client = Environment.Client();
        using var input = Console.OpenStandardInput();
        var result = await new Uploader(client, new() { MaxMemory = 64 * 1024 * 1024 }).UploadAsync(
            new() { Bucket = bucket, Key = key, Source = UploadSource.FromStream(input) }, ct);
        Console.WriteLine($"{result.Size} bytes, CRC-64 {result.Crc64}.");
    }
}

/// <summary><see cref="Uploader"/>: what a program writes while it is being uploaded, with no more in memory than the parts in flight.</summary>
static class PipeSample
{
    public static async Task RunAsync(string bucket, string key, CancellationToken ct)
    {
        using var client = Environment.Client();
        var pipe = new Pipe();
        var uploading = new Uploader(client, new() { MaxMemory = 64 * 1024 * 1024 }).UploadAsync(
            new() { Bucket = bucket, Key = key, Source = UploadSource.FromPipe(pipe.Reader) }, ct);
        for (var line = 1; line <= 1_000_000; line++)
        {
            // WriteAsync waits while the network is slower than this loop, and says when the upload has failed: then nobody reads any more.
            if ((await pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes($"line {line}\n"), ct)).IsCompleted)
            {
                break;
            }
        }

        await pipe.Writer.CompleteAsync();
        var result = await uploading;
        Console.WriteLine($"{result.Size} bytes in {result.Parts} parts, CRC-64 {result.Crc64}.");
    }
}

/// <summary><see cref="OssClient"/>: a multipart upload by hand. <see cref="Uploader"/> does this, resumes it and proves the result.</summary>
static class PartsSample
{
    const int PartSize = 8 * 1024 * 1024;

    public static async Task RunAsync(string path, string bucket, string key, CancellationToken ct)
    {
        using var client = Environment.Client();
        await using var file = File.OpenRead(path);
        var upload = await client.InitiateMultipartUploadAsync(bucket, key, ct: ct);
        try
        {
            var parts = new List<ListedPart>();
            var buffer = new byte[PartSize];
            for (int read; (read = await file.ReadAtLeastAsync(buffer, PartSize, throwOnEndOfStream: false, ct)) > 0;)
            {
                var sent = await client.UploadPartAsync(bucket, key, upload, parts.Count + 1, RequestBody.FromBytes(buffer.AsMemory(0, read)), ct);
                parts.Add(new(parts.Count + 1, sent.ETag));
            }

            var done = await client.CompleteMultipartUploadAsync(bucket, key, upload, parts, ct: ct);
            Console.WriteLine($"{parts.Count} parts, ETag {done.ETag}, CRC-64 {done.Crc64}.");
        }
        catch
        {
            await client.AbortMultipartUploadAsync(bucket, key, upload, CancellationToken.None);
            throw;
        }
    }
}

/// <summary><see cref="OssClient.PresignAsync"/>: addresses that let somebody without credentials write and read one object.</summary>
static class PresignSample
{
    public static async Task RunAsync(string bucket, string key, CancellationToken ct)
    {
        using var client = Environment.Client();
        using var anyone = new HttpClient();
        // What the address was signed with must be sent exactly so.
        var write = await client.PresignPutAsync(bucket, key, TimeSpan.FromMinutes(5), new() { ContentType = "text/plain" }, ct);
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes("sent without credentials"));
        content.Headers.ContentType = new("text/plain");
        (await anyone.PutAsync(write, content, ct)).EnsureSuccessStatusCode();
        Console.WriteLine(await anyone.GetStringAsync(await client.PresignGetAsync(bucket, key, TimeSpan.FromMinutes(5), ct), ct));
    }
}

/// <summary><see cref="OssClient"/>: the configuration of a bucket, and what it says while there is none.</summary>
static class RulesSample
{
    public static async Task RunAsync(string bucket, CancellationToken ct)
    {
        using var client = Environment.Client();
        Console.WriteLine($"{bucket}: {(await client.BucketExistsAsync(bucket, ct) ? "there" : "not there")}");
        await client.PutBucketTagsAsync(bucket, [new("team", "samples")], ct);
        await client.PutBucketVersioningAsync(bucket, enabled: true, ct);
        Console.WriteLine($"versioning {await client.GetBucketVersioningAsync(bucket, ct)}, {(await client.GetBucketTagsAsync(bucket, ct)).Count} tags");
        try
        {
            Console.WriteLine(await client.GetBucketPolicyAsync(bucket, ct));
        }
        catch (OssException e) when (e.Code == "NoSuchBucketPolicy")
        {
            Console.WriteLine("no policy: the ACL alone decides");
        }
    }
}

/// <summary><see cref="Uploader"/>: a file that a recorder still writes.</summary>
static class FollowSample
{
    public static async Task RunAsync(string path, string bucket, string key, CancellationToken ct)
    {
        using var client = Environment.Client();
        var handle = await new Uploader(client, new() { Progress = Environment.Progress() }).StartAsync(
            new()
            {
                Bucket = bucket,
                Key = key,
                Source = UploadSource.FromFile(path),
                Follow = new() { IdleTimeout = TimeSpan.FromSeconds(10) },
            },
            ct);
        var result = await handle.WaitAsync(CancellationToken.None);
        Console.WriteLine();
        Console.WriteLine($"The recording has {result.Size} bytes.");
    }
}

/// <summary><see cref="Downloader"/>: an object to a file, paused and resumed on the way.</summary>
static class DownloaderSample
{
    public static async Task RunAsync(string bucket, string key, string path, CancellationToken ct)
    {
        using var client = Environment.Client();
        var handle = await new Downloader(client, new() { Progress = Environment.Progress() }).StartAsync(
            new() { Bucket = bucket, Key = key, Path = path }, ct);
        await handle.PauseAsync(ct);
        Console.WriteLine($"{handle.Status} at {handle.Progress.TransferredBytes} bytes.");
        await handle.ResumeAsync();
        var result = await handle.WaitAsync(CancellationToken.None);
        Console.WriteLine();
        Console.WriteLine($"{result.Path}: {result.Size} bytes, {(result.IsVerified ? "verified" : "not verified")}.");
    }
}

/// <summary><see cref="Copier"/>: within the service, whatever the size; no byte passes this machine.</summary>
static class CopierSample
{
    public static async Task RunAsync(string bucket, string key, string toBucket, string toKey, CancellationToken ct)
    {
        using var client = Environment.Client();
        var result = await new Copier(client).CopyAsync(new() { Source = new(bucket, key), Bucket = toBucket, Key = toKey }, ct);
        Console.WriteLine($"{result.Size} bytes, CRC-64 {result.Crc64}.");
    }
}

/// <summary><see cref="RefreshingCredentialsProvider"/>: temporary credentials that are fetched anew before they end.</summary>
static class CredentialsSample
{
    public static async Task RunAsync(string bucket, CancellationToken ct)
    {
        using var provider = new RefreshingCredentialsProvider(FetchAsync);
        using var client = new OssClient(new()
        {
            Endpoint = System.Environment.GetEnvironmentVariable("OSS_ENDPOINT") ?? "http://127.0.0.1:9020",
            Credentials = provider,
        });
        Console.WriteLine(await client.GetBucketLocationAsync(bucket, ct));
    }

    // Here stands a call of AssumeRole, or of a metadata service; the sample takes what the environment has, for an hour.
    static Task<Credentials> FetchAsync(CancellationToken ct) => Task.FromResult(new Credentials(
        System.Environment.GetEnvironmentVariable("OSS_ACCESS_KEY_ID") ?? "",
        System.Environment.GetEnvironmentVariable("OSS_ACCESS_KEY_SECRET") ?? "",
        System.Environment.GetEnvironmentVariable("OSS_SESSION_TOKEN"),
        TimeProvider.System.GetUtcNow().AddHours(1)));
}

/// <summary><see cref="Telemetry"/>: what the library tells a tracer and a metrics collector.</summary>
static class TelemetrySample
{
    public static async Task RunAsync(string bucket, CancellationToken ct)
    {
        using var traces = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Telemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity => Console.WriteLine($"{activity.OperationName} took {activity.Duration.TotalMilliseconds:0.0} ms: {activity.Status}"),
        };
        ActivitySource.AddActivityListener(traces);
        using var metrics = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == Telemetry.Name)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        metrics.SetMeasurementEventCallback<long>((instrument, value, _, _) => Console.WriteLine($"{instrument.Name} +{value}"));
        metrics.Start();

        using var client = Environment.Client();
        await client.GetBucketInfoAsync(bucket, ct);
    }
}
