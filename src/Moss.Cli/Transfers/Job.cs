using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Moss.Cli.Frame;
using Moss.Cli.Output;

namespace Moss.Cli.Transfers;

/// <summary>
/// A transfer as it was asked for, remembered until it is done: what to run again, and where. The same command in the same directory is the
/// same job. Secrets are not in it: they are left out of the words.
/// </summary>
/// <param name="Id">Eight hex digits.</param>
/// <param name="Words">The command line without the program's name.</param>
/// <param name="Directory">Where it ran.</param>
/// <param name="Process">The process that runs it, or ran it last, and when that started.</param>
sealed record Job(string Id, IReadOnlyList<string> Words, string Directory, DateTimeOffset Started, (int Id, DateTimeOffset Started) Process)
{
    static string Folder => Path.Combine(StateDirectory.Root, "jobs");

    public string CommandLine => "moss " + Shell.Join(Words);

    /// <summary>Whether its process is alive; a process of the same number that started at another time is another one.</summary>
    public bool IsRunning
    {
        get
        {
            try
            {
                using var process = System.Diagnostics.Process.GetProcessById(Process.Id);
                return (process.StartTime.ToUniversalTime() - Process.Started.UtcDateTime).Duration() < TimeSpan.FromSeconds(2);
            }
            catch (Exception problem) when (problem is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
            {
                return false;
            }
        }
    }

    string FilePath => Path.Combine(Folder, Id + ".json");

    /// <summary>Remembers that this command runs now. A state directory that cannot be written is no reason not to.</summary>
    public static Job? Begin(IReadOnlyList<string> words)
    {
        var directory = Environment.CurrentDirectory;
        var kept = WithoutSecrets(words);
        var id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(directory + "\n" + string.Join('\n', kept))).AsSpan(0, 4));
        using var self = System.Diagnostics.Process.GetCurrentProcess();
        var job = new Job(id, kept, directory, Invocation.Time.GetUtcNow(), (self.Id, new DateTimeOffset(self.StartTime)));
        try
        {
            PrivateFile.Write(job.FilePath, Documents.ToJson(
                new()
                {
                    { "id", id },
                    { "arguments", kept },
                    { "directory", directory },
                    { "started", job.Started },
                    { "process", self.Id },
                    { "processStarted", job.Process.Started },
                },
                indented: true));
            return job;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Done, or not wanted any more.</summary>
    public void Forget()
    {
        try
        {
            File.Delete(FilePath);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // It then shows as one that can be resumed, which does no harm: there is nothing left to do.
        }
    }

    public static IReadOnlyList<Job> All() =>
        System.IO.Directory.Exists(Folder)
            ? [.. System.IO.Directory.EnumerateFiles(Folder, "*.json").Select(Read).OfType<Job>().OrderBy(static job => job.Started)]
            : [];

    static Job? Read(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            var root = document.RootElement;
            return new(
                root.GetProperty("id").GetString()!,
                [.. root.GetProperty("arguments").EnumerateArray().Select(static word => word.GetString()!)],
                root.GetProperty("directory").GetString()!,
                Time(root.GetProperty("started")),
                (root.GetProperty("process").GetInt32(), Time(root.GetProperty("processStarted"))));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    static DateTimeOffset Time(JsonElement element) =>
        DateTimeOffset.Parse(element.GetString()!, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    static string[] WithoutSecrets(IReadOnlyList<string> words)
    {
        var names = GlobalOptions.Secrets.SelectMany(static option => option.Aliases.Append(option.Name)).ToArray();
        var kept = new List<string>();
        for (var i = 0; i < words.Count; i++)
        {
            if (names.Contains(words[i], StringComparer.Ordinal))
            {
                i++;
            }
            else if (!names.Any(name => words[i].StartsWith(name + "=", StringComparison.Ordinal) || words[i].StartsWith(name + ":", StringComparison.Ordinal)
                || (name.Length == 2 && words[i].StartsWith(name, StringComparison.Ordinal))))
            {
                kept.Add(words[i]);
            }
        }

        return [.. kept];
    }
}
