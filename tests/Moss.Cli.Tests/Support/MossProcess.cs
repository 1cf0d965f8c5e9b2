using System.Diagnostics;
using System.Text;

namespace Moss.Cli.Tests.Support;

/// <summary>What a run of <c>moss</c> left: its exit code, and the two streams apart.</summary>
public sealed record Outcome(string CommandLine, int ExitCode, byte[] Bytes, string Error)
{
    public string Output => Encoding.UTF8.GetString(Bytes);

    /// <summary>The lines of stdout.</summary>
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Fails, and shows everything, unless the process ended with this code.</summary>
    public Outcome Exits(int code)
    {
        Assert.True(code == ExitCode, $"{CommandLine}\nended with {ExitCode}, not {code}\n--- stdout\n{Output}\n--- stderr\n{Error}");
        return this;
    }

    public Outcome Succeeds() => Exits(0);

    public Outcome Says(string text)
    {
        Assert.Contains(text, Error, StringComparison.Ordinal);
        return this;
    }
}

/// <summary>Starts <c>moss</c> as a process: what a shell would start, without what this machine's user has set up.</summary>
public static class MossProcess
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>The program that was built with the tests.</summary>
    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "moss.dll");

    public static ProcessStartInfo Info(IEnumerable<string> words, Dictionary<string, string?> environment, string? directory = null)
    {
        var info = new ProcessStartInfo("dotnet", [Program, .. words])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            StandardErrorEncoding = Encoding.UTF8,
            StandardOutputEncoding = Encoding.UTF8,
            WorkingDirectory = directory ?? "",
        };
        foreach (var name in info.Environment.Keys.Where(name => name.StartsWith("OSS", StringComparison.Ordinal) || name.StartsWith("MOSS_", StringComparison.Ordinal)).ToArray())
        {
            info.Environment.Remove(name);
        }

        foreach (var (name, value) in environment)
        {
            info.Environment[name] = value;
        }

        return info;
    }

    public static async Task<Outcome> RunAsync(ProcessStartInfo info, byte[] input)
    {
        using var process = Process.Start(info)!;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            var feeding = FeedAsync(process, input, patience.Token);
            var error = process.StandardError.ReadToEndAsync(patience.Token);
            using var output = new MemoryStream();
            await process.StandardOutput.BaseStream.CopyToAsync(output, patience.Token);
            await process.WaitForExitAsync(patience.Token);
            await feeding;
            return new("moss " + string.Join(' ', info.ArgumentList.Skip(1)), process.ExitCode, output.ToArray(), await error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    static async Task FeedAsync(Process process, byte[] input, CancellationToken ct)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input, ct);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The process did not want to read it all.
        }
    }
}
