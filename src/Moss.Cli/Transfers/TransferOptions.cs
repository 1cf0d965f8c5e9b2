using System.CommandLine;
using Moss.Cli.Frame;
using Moss.Client;
using Moss.Client.Transfer;
using Moss.Protocol.Limits;

namespace Moss.Cli.Transfers;

/// <summary>How data is moved: what <c>cp</c> and <c>sync</c> have in common.</summary>
static class TransferOptions
{
    /// <summary>As ossutil has it.</summary>
    const int MaxAtOnce = 10_000;

    public static readonly Option<long?> Jobs = Options.Number("--job", "Files at once (3).", 1, MaxAtOnce, "-j", "--jobs");
    public static readonly Option<long?> Parallel = Options.Number("--parallel", "Parts of a file at once (follows the measured speed).", 1, MaxAtOnce);

    public static readonly Option<long?> PartSize = Options.Parsed<long>(
        "--part-size",
        "SIZE",
        "Size of a part, 100Ki to 5Gi (follows the measured speed).",
        "a size from 100Ki to 5Gi",
        static text => Quantities.TryParseSize(text, out var bytes) && bytes is >= OssLimits.MinPartSize and <= OssLimits.MaxPartSize ? bytes : null);

    public static readonly Option<long?> BigFileThreshold = Options.Size("--bigfile-threshold", "Files from this size on are sent in parts and can be resumed (16Mi).");
    public static readonly Option<string?> CheckpointDirectory = Options.Text("--checkpoint-dir", "DIR", "Where the state of unfinished transfers is kept (~/.local/state/moss/checkpoints).");
    public static readonly Option<bool> NoResume = Options.Flag("--no-resume", "Begin anew and keep no state.");
    public static readonly Option<long?> BandwidthLimit = Options.Size("--bandwidth-limit", "Bytes a second, all files together.");
    public static readonly Option<long?> MaxUpSpeed = Options.Number("--maxupspeed", "KB a second for uploads, as ossutil 1 has it.", 0, 1_000_000_000);
    public static readonly Option<long?> MaxDownSpeed = Options.Number("--maxdownspeed", "KB a second for downloads, as ossutil 1 has it.", 0, 1_000_000_000);
    public static readonly Option<long?> MaxMemory = Options.Size("--max-memory", "Memory for parts of streams (256Mi).");
    public static readonly Option<string?> Progress = Options.Word("--progress", "How progress is shown on stderr: bars, lines, JSON lines, or not.", ["auto", "plain", "json", "none"]);
    public static readonly Option<bool> NoProgress = Options.Flag("--no-progress", "Show no progress.");
    public static readonly Option<string?> OutputDirectory = Options.Text("--output-dir", "DIR", "Where the report of what failed is written (~/.local/state/moss/reports).");
    public static readonly Option<bool> NoErrorReport = Options.Flag("--no-error-report", "Write no report of what failed.");
    public static readonly Option<bool> DryRun = Options.Flag("--dry-run", "Say what would be done, and do nothing.", "-n");
    public static readonly Option<bool> Force = Options.Flag("--force", "As it is anyway: nothing is asked before an object or a file is replaced.", "-f");

    public static readonly Option[] All =
    [
        Jobs, Parallel, PartSize, BigFileThreshold, CheckpointDirectory, NoResume, BandwidthLimit, MaxUpSpeed, MaxDownSpeed, MaxMemory, Progress,
        NoProgress, OutputDirectory, NoErrorReport, DryRun, Force,
    ];

    static TransferOptions()
    {
        MaxUpSpeed.Hidden = true;
        MaxDownSpeed.Hidden = true;
        Force.Hidden = true;
    }

    /// <summary>A number of the command line, or else of the configuration (<c>job=8</c>), or null.</summary>
    /// <exception cref="UsageException">What stands in the configuration is out of range.</exception>
    static long? Said(Invocation invocation, Option<long?> option, long least, long most) =>
        invocation.Get(option) ?? (invocation.Settings.Profile is not { } profile || profile.Get(option.Name[2..]) is not { } text ? null
            : Quantities.TryParseSize(text, out var number) && number >= least && number <= most ? number
            : throw new UsageException($"'{option.Name[2..]}={text}' in the profile '{profile.Name}' is out of range: {least} to {most}"));

    /// <summary>Items at once.</summary>
    public static int JobsOf(Invocation invocation, int otherwise) => (int)(Said(invocation, Jobs, 1, MaxAtOnce) ?? otherwise);

    static long? PartSizeOf(Invocation invocation) => Said(invocation, PartSize, OssLimits.MinPartSize, OssLimits.MaxPartSize);

    static int? ParallelismOf(Invocation invocation) => (int?)Said(invocation, Parallel, 1, MaxAtOnce);

    static long? ThresholdOf(Invocation invocation) => Said(invocation, BigFileThreshold, 0, long.MaxValue);

    public static string? ProgressWanted(Invocation invocation) => invocation.Get(NoProgress) ? "none" : invocation.Get(Progress);

    /// <summary>Bandwidth is a matter of the client: one limit for everything it moves.</summary>
    public static OssClientOptions Limit(Invocation invocation, OssClientOptions options)
    {
        var both = Positive(invocation.Get(BandwidthLimit));
        return options with
        {
            UploadBytesPerSecond = Positive(invocation.Get(MaxUpSpeed) * 1024) ?? both,
            DownloadBytesPerSecond = Positive(invocation.Get(MaxDownSpeed) * 1024) ?? both,
        };
    }

    public static UploadOptions Upload(Invocation invocation)
    {
        var options = new UploadOptions();
        var resumes = !invocation.Get(NoResume);
        return options with
        {
            PartSize = PartSizeOf(invocation),
            Parallelism = ParallelismOf(invocation),
            MultipartThreshold = ThresholdOf(invocation) ?? options.MultipartThreshold,
            MaxMemory = invocation.Get(MaxMemory) ?? options.MaxMemory,
            MaxAttempts = Attempts(invocation) ?? options.MaxAttempts,
            CheckpointDirectory = invocation.Get(CheckpointDirectory),
            EnableCheckpoint = resumes,
            ResumeWithoutCheckpoint = resumes,
        };
    }

    public static DownloadOptions Download(Invocation invocation)
    {
        var options = new DownloadOptions();
        return options with
        {
            PartSize = PartSizeOf(invocation),
            Parallelism = ParallelismOf(invocation),
            MaxAttempts = Attempts(invocation) ?? options.MaxAttempts,
            CheckpointDirectory = invocation.Get(CheckpointDirectory),
            EnableCheckpoint = !invocation.Get(NoResume),
        };
    }

    public static CopyOptions Copy(Invocation invocation)
    {
        var options = new CopyOptions();
        return options with
        {
            PartSize = PartSizeOf(invocation) ?? options.PartSize,
            Parallelism = ParallelismOf(invocation) ?? options.Parallelism,
            MultipartThreshold = ThresholdOf(invocation) ?? options.MultipartThreshold,
            CheckpointDirectory = invocation.Get(CheckpointDirectory),
            EnableCheckpoint = !invocation.Get(NoResume),
        };
    }

    static int? Attempts(Invocation invocation) => invocation.Has(GlobalOptions.RetryTimes) ? 1 + (int)invocation.Get(GlobalOptions.RetryTimes)! : null;

    static long? Positive(long? limit) => limit is > 0 ? Math.Max(limit.Value, 1024) : null;
}
