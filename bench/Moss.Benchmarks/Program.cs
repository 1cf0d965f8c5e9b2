using BenchmarkDotNet.Running;
using Moss.Benchmarks;

switch (args)
{
    case ["digest-load", .. var options]:
        await DigestLoad.RunAsync(options);
        break;
    case ["blobs", .. var options]:
        await BlobBenchmark.RunAsync(options);
        break;
    case ["metadata", .. var options]:
        await MetadataBenchmark.RunAsync(options);
        break;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
        break;
}
