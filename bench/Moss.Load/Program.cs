using System.Globalization;
using Moss.Load;

// run NAME[,NAME...]|all [--runs N] [--scale X] [--moss FILE] [--nginx FILE] [--only SERVER] [--data DIR] [--markdown FILE]
// discard PORT
// checked-send PORT FILE CHUNK
if (args is ["discard", var port, ..])
{
    await DiscardServer.RunAsync(int.Parse(port, CultureInfo.InvariantCulture));
    return 0;
}

if (args is ["checked-send", var sendPort, var file, var chunk])
{
    CheckedSendServer.Run(
        int.Parse(sendPort, CultureInfo.InvariantCulture), file, int.Parse(chunk, CultureInfo.InvariantCulture));
    return 0;
}

return args is ["run", var names, .. var options] ? Comparison.Run(names, options) : Usage();

static int Usage()
{
    Console.Error.WriteLine($"usage: run NAME[,NAME...]|all [--runs N] [--scale X] [--moss FILE] [--nginx FILE] [--only SERVER] [--data DIR] [--markdown FILE]");
    Console.Error.WriteLine($"names: {string.Join(' ', Benches.All.Select(bench => bench.Name))}");
    return 1;
}
