namespace Moss.Cli.Frame;

/// <summary>Where moss keeps what it must remember between two runs: checkpoints, jobs, reports.</summary>
static class StateDirectory
{
    /// <summary><c>$XDG_STATE_HOME/moss</c>, or <c>~/.local/state/moss</c>; on Windows below the local application data.</summary>
    public static string Root
    {
        get
        {
            var state = Environment.GetEnvironmentVariable("XDG_STATE_HOME");
            return !string.IsNullOrEmpty(state) ? Path.Combine(state, "moss")
                : OperatingSystem.IsWindows() ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "moss")
                : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state", "moss");
        }
    }
}
