using BenchmarkDotNet.Running;
using Moss.Benchmarks;

if (args is ["digest-load", .. var options])
{
    await DigestLoad.RunAsync(options);
}
else
{
    BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
}
