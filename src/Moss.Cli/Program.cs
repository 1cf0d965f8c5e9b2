using System.CommandLine;
using System.CommandLine.Invocation;
using Moss.Cli.Commands;

// A signal cancels the command; a server drains for up to 30 seconds then, so nothing ends it before.
var patience = new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(60) };
var root = new RootCommand("Moss: a self-hosted object store that speaks the Alibaba Cloud OSS API.") { ServeCommand.Create() };
var parsed = root.Parse(args);
if (parsed.Action is ParseErrorAction)
{
    Console.Error.WriteLine("moss: " + parsed.Errors[0].Message);
    return 1;
}

return await parsed.InvokeAsync(patience);
