using System.Diagnostics;

namespace Moss.Crash.Clients;

/// <summary>The executable <c>moss</c> as a child of this process: it can only be killed, never asked.</summary>
static class MossProgram
{
    public const string AccessKeyId = "crash";
    public const string AccessKeySecret = "crash-client-secret";

    /// <summary>The environment variable <c>MOSS</c>, else what the build made beside this program.</summary>
    static readonly string Executable = Environment.GetEnvironmentVariable("MOSS") ?? Built();

    /// <summary>Starts it with a home of its own, so that nothing of this machine's user takes part.</summary>
    public static Process Start(string home, string? endpoint, params IReadOnlyList<string> words)
    {
        var start = new ProcessStartInfo(Executable, words) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["HOME"] = home;
        start.Environment["XDG_STATE_HOME"] = Path.Combine(home, "state");
        start.Environment["MOSS_ROOT_ACCESS_KEY_ID"] = start.Environment["OSS_ACCESS_KEY_ID"] = AccessKeyId;
        start.Environment["MOSS_ROOT_ACCESS_KEY_SECRET"] = start.Environment["OSS_ACCESS_KEY_SECRET"] = AccessKeySecret;
        if (endpoint is not null)
        {
            start.Environment["OSS_ENDPOINT"] = endpoint;
        }

        return Process.Start(start)!;
    }

    static string Built()
    {
        // artifacts/bin/<project>/<configuration>/ holds this program; the executable is its neighbour.
        var here = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        return Path.Combine(here.Parent!.Parent!.FullName, "Moss.Cli", here.Name, "moss");
    }
}

/// <summary><c>moss serve</c>, which can be killed and started again over the same data. It listens elsewhere each time.</summary>
sealed class KilledServer : IAsyncDisposable
{
    const string Listening = "Moss listens on http://127.0.0.1:";

    readonly string _home;
    readonly SemaphoreSlim _turn = new(1, 1);
    Process? _process;
    int _port;
    int _kills;

    public KilledServer(string home) => _home = home;

    public int Port => Volatile.Read(ref _port);

    public int Kills => Volatile.Read(ref _kills);

    public async Task StartAsync()
    {
        var process = MossProgram.Start(
            _home, null, "serve", "--data", Path.Combine(_home, "data"), "--listen", "127.0.0.1:0", "--durability", "ci", "--log-requests", "false");
        while (true)
        {
            var line = await process.StandardOutput.ReadLineAsync()
                ?? throw new InvalidOperationException("The server did not start: " + await process.StandardError.ReadToEndAsync());
            if (line.StartsWith(Listening, StringComparison.Ordinal))
            {
                Volatile.Write(ref _port, int.Parse(line.AsSpan(Listening.Length), System.Globalization.CultureInfo.InvariantCulture));
                break;
            }
        }

        _process = process;
        _ = process.StandardOutput.ReadToEndAsync();
        _ = process.StandardError.ReadToEndAsync();
    }

    public async Task KillAndStartAsync()
    {
        await _turn.WaitAsync();
        try
        {
            await EndAsync();
            // Not before: whoever counts from here on has not been broken off by it.
            Interlocked.Increment(ref _kills);
            await StartAsync();
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _turn.Dispose();
    }

    async Task EndAsync()
    {
        if (_process is { } process)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }
}
