// One short, complete program for each main type of Moss.Client. They need a running service:
//
//   dotnet run -c Release --project src/Moss.Cli -- serve            (prints the credentials)
//   export OSS_ACCESS_KEY_ID=... OSS_ACCESS_KEY_SECRET=... OSS_ENDPOINT=http://127.0.0.1:9020
//   dotnet run --project samples/Moss.Client.Samples -- objects my-bucket
using Moss.Client.Samples;
using Moss.Protocol.Errors;

var samples = new Dictionary<string, (string Arguments, Func<string[], CancellationToken, Task> Run)>(StringComparer.Ordinal)
{
    ["objects"] = ("BUCKET", (words, ct) => ObjectsSample.RunAsync(words[0], ct)),
    ["upload"] = ("FILE BUCKET KEY", (words, ct) => UploaderSample.RunAsync(words[0], words[1], words[2], ct)),
    ["stream"] = ("BUCKET KEY < DATA", (words, ct) => StreamSample.RunAsync(words[0], words[1], ct)),
    ["pipe"] = ("BUCKET KEY", (words, ct) => PipeSample.RunAsync(words[0], words[1], ct)),
    ["parts"] = ("FILE BUCKET KEY", (words, ct) => PartsSample.RunAsync(words[0], words[1], words[2], ct)),
    ["presign"] = ("BUCKET KEY", (words, ct) => PresignSample.RunAsync(words[0], words[1], ct)),
    ["rules"] = ("BUCKET", (words, ct) => RulesSample.RunAsync(words[0], ct)),
    ["follow"] = ("FILE BUCKET KEY", (words, ct) => FollowSample.RunAsync(words[0], words[1], words[2], ct)),
    ["download"] = ("BUCKET KEY FILE", (words, ct) => DownloaderSample.RunAsync(words[0], words[1], words[2], ct)),
    ["copy"] = ("BUCKET KEY TO-BUCKET TO-KEY", (words, ct) => CopierSample.RunAsync(words[0], words[1], words[2], words[3], ct)),
    ["sts"] = ("BUCKET", (words, ct) => CredentialsSample.RunAsync(words[0], ct)),
    ["telemetry"] = ("BUCKET", (words, ct) => TelemetrySample.RunAsync(words[0], ct)),
};

if (args.Length == 0 || !samples.TryGetValue(args[0], out var sample)
    || args.Length - 1 != sample.Arguments.Split(" <")[0].Split(' ').Length)
{
    Console.Error.WriteLine("Say which sample, and its arguments:");
    foreach (var (name, (arguments, _)) in samples)
    {
        Console.Error.WriteLine($"  {name} {arguments}");
    }

    return 1;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};
try
{
    await sample.Run(args[1..], stop.Token);
    return 0;
}
catch (OssException e)
{
    // The service refused. The request id and the EC are what its operators ask for.
    Console.Error.WriteLine($"{e.Code} ({e.Status}): {e.Message} Request {e.RequestId}, EC {e.EC}.");
    return 2;
}
catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
{
    Console.Error.WriteLine(e.Message);
    return 3;
}
