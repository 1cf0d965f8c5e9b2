using System.Diagnostics;
using System.Globalization;
using Moss.Protocol.Names;

namespace Moss.Crash;

/// <summary>
/// A child under concurrent load, killed at a random instant. Each worker owns a key, works on it alone, and says on standard output what it is
/// about to do and what was acknowledged; whatever is left must be the last acknowledged state or the one that was under way.
/// </summary>
public static class Load
{
    const int Workers = 8;

    /// <summary>Works until it is killed.</summary>
    public static async Task ChildAsync(string directory, int seed)
    {
        await using var store = await Store.OpenAsync(directory);
        await store.Service.Buckets.PutAsync(Store.Bucket, new() { OwnerId = "1" }, default);
        var output = Console.Out;
        var sweeping = Task.Run(async () =>
        {
            while (true)
            {
                await store.Service.Sweeper.SweepAsync(default);
                await Task.Delay(5);
            }
        });
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(() => WorkAsync(store, output, seed, worker))));
        await sweeping;
    }

    /// <summary>Runs a child, kills it after a while, reopens, and answers what is wrong; empty is well.</summary>
    public static async Task<IReadOnlyList<string>> CycleAsync(int seed)
    {
        var directory = Matrix.NewDirectory();
        try
        {
            var said = await KillAsync(directory, seed);
            await using var store = await Store.OpenAsync(directory);
            var problems = new List<string>();
            for (var worker = 0; worker < Workers; worker++)
            {
                problems.AddRange(await CheckAsync(store, seed, worker, said));
            }

            problems.AddRange(await store.SweepAndCheckAsync());
            for (var worker = 0; worker < Workers; worker++)
            {
                problems.AddRange(await CheckAsync(store, seed, worker, said));
            }

            return problems;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    static async Task<IReadOnlyList<string>> KillAsync(string directory, int seed)
    {
        var said = new List<string>();
        using var child = Process.Start(Matrix.ChildInfo("load", directory, seed.ToString(CultureInfo.InvariantCulture)))!;
        var reading = Task.Run(async () =>
        {
            while (await child.StandardOutput.ReadLineAsync() is { } line)
            {
                said.Add(line);
            }
        });
        await Task.Delay(TimeSpan.FromMilliseconds(new Random(seed).Next(200, 900)));
        child.Kill();
        await child.WaitForExitAsync();
        await reading;
        return said;
    }

    static async Task WorkAsync(Store store, TextWriter output, int seed, int worker)
    {
        var key = KeyOf(worker);
        for (var turn = 0; ; turn++)
        {
            var action = ActionOf(seed, worker, turn);
            Say("will");
            await DoAsync(store, key, action);
            Say("did");

            // One write call a line: a line that stands on the pipe is whole.
            void Say(string what) => output.Write(string.Create(CultureInfo.InvariantCulture, $"{what} {worker} {turn}\n"));
        }
    }

    static async Task DoAsync(Store store, string key, (string Kind, byte[]? Body) action)
    {
        switch (action.Kind)
        {
            case "put":
                await store.PutAsync(key, action.Body!);
                break;
            case "delete":
                await store.Service.Objects.DeleteAsync(Store.Bucket, [(Store.Key(key), null)], default);
                break;
            default:
                await MultipartAsync(store, key, action.Body!);
                break;
        }
    }

    static async Task MultipartAsync(Store store, string key, byte[] body)
    {
        const int PartSize = 102_400;
        var upload = await store.Service.Uploads.InitiateAsync(Store.Bucket, Store.Key(key), new(), default);
        await Task.WhenAll(body.Chunk(PartSize).Select(async (part, i) => await store.Service.Uploads.UploadPartAsync(
            Store.Bucket, Store.Key(key), upload.Id, PartNumber.Of(i + 1), new() { Length = part.Length }, Store.Pipe(part), default)));
        await store.Service.Uploads.CompleteAsync(Store.Bucket, Store.Key(key), upload.Id, new() { Parts = null }, default);
    }

    // What a worker does in a turn follows from the seed, so that the check knows it too. Every body is another one.
    static (string Kind, byte[]? Body) ActionOf(int seed, int worker, int turn)
    {
        var random = new Random(HashCode(seed, worker, turn));
        return random.Next(10) switch
        {
            < 2 => ("delete", null),
            < 5 => ("multipart", Store.Bytes(random.Next(), random.Next(150_000, 400_000))),
            < 8 => ("put", Store.Bytes(random.Next(), random.Next(33_000, 200_000))),
            _ => ("put", Store.Bytes(random.Next(), random.Next(0, 30_000))),
        };
    }

    static async Task<IReadOnlyList<string>> CheckAsync(Store store, int seed, int worker, IReadOnlyList<string> said)
    {
        var key = KeyOf(worker);
        int Last(string what) => said
            .Select(line => line.Split(' '))
            .Where(words => words.Length == 3 && words[0] == what && words[1] == worker.ToString(CultureInfo.InvariantCulture))
            .Select(words => int.Parse(words[2], CultureInfo.InvariantCulture))
            .DefaultIfEmpty(-1)
            .Max();

        byte[]? found;
        try
        {
            found = await store.GetAsync(key);
        }
        catch (IOException exception)
        {
            return [$"{key}: {exception.Message}"];
        }

        // The line that says what is next may be lost with the process, so the turn after the last that was heard of is possible too.
        var acknowledged = Last("did");
        var possible = new[] { acknowledged, acknowledged + 1 }
            .Select(turn => turn < 0 ? null : ActionOf(seed, worker, turn).Body);
        return possible.Any(body => body is null ? found is null : found is not null && body.AsSpan().SequenceEqual(found))
            ? []
            : [$"{key}: {found?.Length.ToString(CultureInfo.InvariantCulture) ?? "nothing"} after turn {acknowledged}"];
    }

    static string KeyOf(int worker) => $"worker-{worker.ToString(CultureInfo.InvariantCulture)}";

    static int HashCode(int seed, int worker, int turn) => unchecked((((seed * 31) + worker) * 1_000_003) + turn);
}
