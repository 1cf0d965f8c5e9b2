using System.CommandLine;
using System.Text;
using Moss.Cli.Output;
using Moss.Client;

namespace Moss.Cli.Frame;

/// <summary>One run of a verb: what was asked, where results and messages go, and clients to do it with.</summary>
sealed class Invocation : IDisposable
{
    readonly ParseResult _parsed;
    readonly Dictionary<string, OssClient> _clients = new(StringComparer.Ordinal);
    readonly Lock _lock = new();
    Stream? _output;

    public Invocation(ParseResult parsed, CancellationToken ct)
    {
        _parsed = parsed;
        Cancelled = ct;
        Settings = new(parsed, Environment.GetEnvironmentVariable);
        Format = parsed.GetValue(GlobalOptions.OutputFormat)?.ToUpperInvariant() switch
        {
            "JSON" => OutputFormat.Json,
            "YAML" => OutputFormat.Yaml,
            "RAW" => OutputFormat.Raw,
            _ => OutputFormat.Text,
        };
    }

    public CancellationToken Cancelled { get; }

    public Settings Settings { get; }

    public OutputFormat Format { get; }

    /// <summary>The command line, word by word.</summary>
    public IReadOnlyList<System.CommandLine.Parsing.Token> Tokens => _parsed.Tokens;

    public bool IsQuiet => _parsed.GetValue(GlobalOptions.Quiet);

    public static TimeProvider Time => TimeProvider.System;

    /// <summary>Where data goes, and nothing but data.</summary>
    public Stream Output => _output ??= Console.OpenStandardOutput();

    /// <summary>Said of every client this verb makes; limits of bandwidth, for example.</summary>
    public Func<OssClientOptions, OssClientOptions> Adjust { get; set; } = static options => options;

    public T? Get<T>(Option<T> option) => _parsed.GetValue(option);

    public T Get<T>(Argument<T> argument) => _parsed.GetValue(argument)!;

    public bool Has(Option option) => _parsed.Has(option);

    /// <summary>A client of the service; for a bucket, of the place where the configuration says that it is.</summary>
    public OssClient Client(string? bucket = null)
    {
        lock (_lock)
        {
            if (!_clients.TryGetValue(bucket ?? "", out var client))
            {
                try
                {
                    client = new(Adjust(Settings.ClientOptions(bucket)));
                }
                catch (ArgumentException problem)
                {
                    throw new UsageException(problem.Message);
                }

                _clients.Add(bucket ?? "", client);
            }

            return client;
        }
    }

    /// <summary>A message for people: not data, so on stderr.</summary>
    public void Say(string message)
    {
        if (!IsQuiet)
        {
            Console.Error.WriteLine(message);
        }
    }

    /// <summary>What went wrong, or what must not be missed, however quiet.</summary>
    public static void Warn(string message) => Console.Error.WriteLine("moss: " + message);

    public RowWriter Rows(params IReadOnlyList<Column> columns) => RowWriter.Create(Format, Output, columns);

    /// <summary>Writes one result. For people it is lines of name and value, or <paramref name="text"/>.</summary>
    public async Task WriteAsync(Row row, string? text = null)
    {
        var bytes = Format switch
        {
            OutputFormat.Json => [.. Documents.ToJson(row, indented: true), (byte)'\n'],
            OutputFormat.Yaml => Encoding.UTF8.GetBytes(Documents.Yaml(row, "", "")),
            OutputFormat.Raw => Encoding.UTF8.GetBytes(Lines.OfPairs(row, "\t", 0)),
            _ => Encoding.UTF8.GetBytes(text is null ? Lines.OfPairs(row, ": ", 22) : text.Length == 0 ? "" : text + "\n"),
        };
        await Output.WriteAsync(bytes, Cancelled);
        await Output.FlushAsync(Cancelled);
    }

    public void Dispose()
    {
        foreach (var client in _clients.Values)
        {
            client.Dispose();
        }
    }
}
