namespace Moss.Cli.Progress;

/// <summary>What the terminal at the other end of stderr can do.</summary>
static class Terminal
{
    public static bool IsInteractive =>
        !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is { Length: > 0 } kind && kind != "dumb";

    /// <summary>no-color.org: any value but an empty one turns colours off.</summary>
    public static bool HasColour => string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    public static bool HasUnicode
    {
        get
        {
            var locale = Value("LC_ALL") ?? Value("LC_CTYPE") ?? Value("LANG") ?? "";
            return locale.Contains("UTF-8", StringComparison.OrdinalIgnoreCase) || locale.Contains("UTF8", StringComparison.OrdinalIgnoreCase);
        }
    }

    public static int Width
    {
        get
        {
            try
            {
                return Math.Clamp(Console.WindowWidth, 40, 500);
            }
            catch (Exception problem) when (problem is IOException or PlatformNotSupportedException)
            {
                return 80;
            }
        }
    }

    public static int Height
    {
        get
        {
            try
            {
                return Math.Clamp(Console.WindowHeight, 5, 500);
            }
            catch (Exception problem) when (problem is IOException or PlatformNotSupportedException)
            {
                return 24;
            }
        }
    }

    static string? Value(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
