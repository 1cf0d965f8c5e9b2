using System.Globalization;
using Moss.Crash;
using Moss.Crash.Clients;
using Moss.Crash.Scale;

// step DIR SCENARIO INDEX MOMENT    the child of the matrix: dies at a step
// load DIR SEED                     the child under load: works until it is killed
// matrix [FILE]                     every step of every scenario, once; writes the table
// random CYCLES [SEED]              kills under load
// client KILLS MIB SEED             kills of moss cp
// stream GIB, sync KEYS             moss cp and moss sync at sizes that no test has room for
switch (args)
{
    case ["step", var directory, var scenario, var index, var moment]:
        await Matrix.ChildAsync(directory, scenario, int.Parse(index, CultureInfo.InvariantCulture), Enum.Parse<Moment>(moment));
        return 3;
    case ["load", var directory, var seed]:
        await Load.ChildAsync(directory, int.Parse(seed, CultureInfo.InvariantCulture));
        return 3;
    case ["matrix", .. var file]:
        return await Campaign.MatrixAsync(file is [var path] ? path : null);
    case ["random", var cycles, .. var rest]:
        return await Campaign.RandomAsync(
            int.Parse(cycles, CultureInfo.InvariantCulture), rest is [var first] ? int.Parse(first, CultureInfo.InvariantCulture) : 1);
    case ["client", var kills, var mebibytes, var seed]:
        return await ClientCampaign.MainAsync(
            int.Parse(kills, CultureInfo.InvariantCulture),
            long.Parse(mebibytes, CultureInfo.InvariantCulture) << 20,
            int.Parse(seed, CultureInfo.InvariantCulture));
    case ["stream" or "sync", var count]:
        return await ScaleRun.MainAsync(args[0], long.Parse(count, CultureInfo.InvariantCulture), memory: 64L << 20);
    default:
        await Console.Error.WriteLineAsync("usage: matrix [FILE] | random CYCLES [SEED] | client KILLS MIB SEED | stream GIB | sync KEYS");
        return 1;
}
