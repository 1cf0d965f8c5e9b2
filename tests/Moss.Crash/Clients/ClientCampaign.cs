using System.Diagnostics;
using System.Globalization;
using Moss.Client;

namespace Moss.Crash.Clients;

/// <summary>Kills <c>moss cp</c> at random instants, so many times, and looks at what every upload came to.</summary>
public static class ClientCampaign
{
    /// <summary>A file goes over in pieces; so many tries of one are broken off at most.</summary>
    const int MostKillsAnUpload = 16;

    /// <summary>Uploads at a time: one waits for its processes most of the time.</summary>
    const int Workers = 2;

    /// <summary>One would do: more only help to see what they have in common.</summary>
    const int MostProblems = 10;

    const string Bucket = "crash";

    /// <summary>The long run behind <c>eng/crash-client</c>.</summary>
    public static async Task<int> MainAsync(int kills, long fileSize, int seed)
    {
        var watch = Stopwatch.StartNew();
        var (problems, summary) = await RunAsync(kills, fileSize, seed);
        foreach (var problem in problems)
        {
            await Console.Out.WriteLineAsync(problem);
        }

        await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{summary}; {watch.Elapsed.TotalSeconds:0} s, seed {seed}"));
        return problems.Count == 0 ? 0 : 1;
    }

    /// <summary>Answers what was wrong (empty is well), and what was done.</summary>
    /// <param name="fileSize">Bytes of each file to begin with; above 64 MiB, for it is cut by up to a quarter.</param>
    public static async Task<(IReadOnlyList<string> Problems, string Summary)> RunAsync(int kills, long fileSize, int seed)
    {
        var home = Directory.CreateTempSubdirectory("moss-crash-client-").FullName;
        var tally = new Tally();
        try
        {
            await using var server = new KilledServer(home);
            await server.StartAsync();
            await using var proxy = new PartProxy(() => server.Port);
            using var client = new OssClient(new()
            {
                Endpoint = proxy.Endpoint,
                Credentials = new StaticCredentialsProvider(new(MossProgram.AccessKeyId, MossProgram.AccessKeySecret)),
                MaxAttempts = 30,
                MaxDelay = TimeSpan.FromSeconds(1),
            });
            await client.PutBucketAsync(Bucket);
            await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(async () =>
            {
                for (var number = 0; tally.Kills < kills && tally.Problems.Count < MostProblems; number++)
                {
                    var random = new Random((seed * 1_000_003) + (worker * 10_007) + number);
                    using var upload = new KilledUpload(home, Bucket, $"k-{worker}-{number}", fileSize, random, client, proxy, server, tally);
                    await upload.RunAsync(MostKillsAnUpload, () => tally.Kills < kills);
                }
            })));
            await foreach (var open in client.ListMultipartUploadsAsync(Bucket))
            {
                tally.Problems.Add($"the upload {open.UploadId} of {open.Key} was left open");
            }

            return (tally.Problems, $"{tally}; the server was killed {server.Kills} times");
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }
}
