using System.CommandLine;
using Microsoft.Extensions.Logging;
using Moss.Cli.Frame;
using Moss.Cli.Output;
using Moss.Server.Hosting;

namespace Moss.Cli.Commands;

/// <summary>
/// <c>moss serve</c>. A setting on the command line counts before one in the environment, and that before one in the file of <c>--config</c>.
/// </summary>
static class ServeCommand
{
    public static Command Create()
    {
        var command = new MossCommand("serve", "Start the object store.")
            .Example("moss serve", "on 127.0.0.1:9020, in ./moss-data; the first start prints a credential")
            .Example("moss serve --data /srv/moss --listen 0.0.0.0:9020 --domain oss.example.com", "for others, with buckets as host names")
            .Example("moss serve --config /etc/moss.json", "every option can stand in a file, or in the environment as MOSS_...");
        var options = new Dictionary<string, Option<string[]>>(StringComparer.Ordinal);
        foreach (var (name, value, description) in ServeSettings.Known)
        {
            var option = new Option<string[]>("--" + name) { Description = description, HelpName = value, Arity = ArgumentArity.OneOrMore };
            options.Add(name, option);
            command.Options.Add(option);
        }

        var config = new Option<string>("--config") { Description = "A JSON file with any of these settings.", HelpName = "FILE" };
        command.Options.Add(config);
        command.SetAction((parsed, ct) => RunAsync(
            name => options.TryGetValue(name, out var option) && parsed.GetResult(option) is { Implicit: false } ? parsed.GetValue(option) : null,
            parsed.GetValue(config) ?? Environment.GetEnvironmentVariable("MOSS_CONFIG"),
            ct));
        return command;
    }

    static async Task<int> RunAsync(Func<string, string[]?> flags, string? configFile, CancellationToken ct)
    {
        try
        {
            var settings = new ServeSettings(flags, Environment.GetEnvironmentVariable, configFile);
            var options = settings.ToOptions();
            var server = await MossServer.StartAsync(options, TimeProvider.System, ConfigureLogging, ct);
            await using (server)
            {
                Banner.Write(Console.Out, server, options);
                await UntilCancelledAsync(ct);
            }

            return 0;
        }
        catch (StartException problem)
        {
            await Console.Error.WriteLineAsync("moss serve: " + problem.Message);
            return 1;
        }
    }

    static void ConfigureLogging(ILoggingBuilder logging) => logging
        .AddFilter("Microsoft", LogLevel.Warning)
        // What keeps the server from starting is told in one line of its own.
        .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None)
        // As long as it may log, it makes an activity and a scope for each request; requests have their own line.
        .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None)
        .AddProvider(new LogLines(Console.OpenStandardOutput(), TimeProvider.System));

    static async Task UntilCancelledAsync(CancellationToken ct)
    {
        var cancelled = new TaskCompletionSource();
        await using (ct.Register(cancelled.SetResult))
        {
            await cancelled.Task;
        }
    }
}
