using Moss.Cli.Frame;
using Moss.Cli.Output;

namespace Moss.Cli.Transfers;

/// <summary>
/// Of a command with many items, those that failed: one JSON line each, written as they fail. There is no file while nothing failed.
/// </summary>
sealed class FailureReport(string? directory, bool isWanted) : IDisposable
{
    readonly Lock _lock = new();
    FileStream? _file;

    /// <summary>Where it is; null while nothing failed, or when none is wanted or possible.</summary>
    public string? FilePath { get; private set; }

    public static string DefaultDirectory => Path.Combine(StateDirectory.Root, "reports");

    public void Add(TransferItem item, Exception problem)
    {
        if (!isWanted)
        {
            return;
        }

        var row = new Row
        {
            { "time", Invocation.Time.GetUtcNow() },
            { "kind", item.Kind.ToString().ToLowerInvariant() },
            { "source", item.Source },
            { "destination", item.Destination },
            { "exitCode", Failures.CodeOf(problem) },
            { "code", (problem as Moss.Protocol.Errors.OssException)?.Code },
            { "message", problem.Message },
            { "requestId", (problem as Moss.Protocol.Errors.OssException)?.RequestId },
        };
        lock (_lock)
        {
            try
            {
                _file ??= Create();
                _file.Write(Documents.ToJson(row, indented: false));
                _file.WriteByte((byte)'\n');
                _file.Flush();
            }
            catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
            {
                // The failure itself is on the terminal already; only the report is missing.
                FilePath = null;
            }
        }
    }

    public void Dispose() => _file?.Dispose();

    FileStream Create()
    {
        var folder = directory ?? DefaultDirectory;
        PrivateFile.CreateDirectory(folder);
        var now = Invocation.Time.GetLocalNow();
        FilePath = Path.Combine(folder, $"moss_{now:yyyyMMdd_HHmmss}_{Environment.ProcessId}.report");
        return new(FilePath, PrivateFile.CreateNew());
    }
}
