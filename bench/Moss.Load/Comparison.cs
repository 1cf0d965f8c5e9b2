using System.Globalization;
using System.Text;

namespace Moss.Load;

/// <summary>Runs benchmarks on every server in turn, several times over, and prints medians: alternating, so that a noisy minute hits all alike.</summary>
static class Comparison
{
    public static int Run(string names, string[] options)
    {
        string Option(string name, string otherwise) =>
            Array.IndexOf(options, name) is >= 0 and var at && at + 1 < options.Length ? options[at + 1] : otherwise;

        var runs = int.Parse(Option("--runs", "5"), CultureInfo.InvariantCulture);
        var data = Path.GetFullPath(Option("--data", "artifacts/bench"));
        Directory.CreateDirectory(data);
        var inputs = MakeInputs(data, double.Parse(Option("--scale", "1"), CultureInfo.InvariantCulture));
        var only = Option("--only", "");
        var targets = Targets(Option("--moss", ""), Option("--nginx", ""), data)
            .Where(target => target.Name.Contains(only, StringComparison.Ordinal))
            .ToList();
        var table = new StringBuilder(Header);
        var chosen = Benches.All.Where(bench => names == "all" || names.Split(',').Contains(bench.Name)).ToList();
        if (chosen.Count == 0)
        {
            Console.Error.WriteLine($"no such benchmark: {names}");
            return 1;
        }

        Console.Write(Header);
        foreach (var bench in chosen)
        {
            foreach (var row in RunBench(bench, targets, inputs, runs))
            {
                Console.Write(row);
                table.Append(row);
            }
        }

        if (Option("--markdown", "") is { Length: > 0 } file)
        {
            File.WriteAllText(file, table.ToString());
        }

        return 0;
    }

    const string Header =
        """
        | work | server | wall s | MiB/s | requests/s | CPU-s/GiB | CPU-s/1,000 | requests/CPU-s | p50 ms | p99 ms | peak MiB |
        |---|---|---|---|---|---|---|---|---|---|---|

        """;

    static List<(string Name, Func<Target> Start)> Targets(string moss, string nginx, string data)
    {
        var targets = new List<(string, Func<Target>)>();
        if (moss.Length > 0)
        {
            targets.Add(("moss durable", () => Target.Moss(moss, Path.Combine(data, "durable"), "durable")));
            targets.Add(("moss ci", () => Target.Moss(moss, Path.Combine(data, "ci"), "ci")));
        }

        if (nginx.Length > 0)
        {
            targets.Add(("nginx", () => Target.Nginx(nginx, Path.Combine(data, "nginx"))));
        }

        targets.Add(("kestrel discard", () => Target.Discard(Path.Combine(data, "discard"))));
        foreach (var chunk in new[] { 128, 256 })
        {
            targets.Add((CheckedSend(chunk), () => Target.CheckedSend(Path.Combine(data, "bare"), chunk * 1024)));
        }

        return targets;
    }

    static List<string> RunBench(Bench bench, List<(string Name, Func<Target> Start)> targets, Inputs inputs, int runs)
    {
        var measured = targets.ToDictionary(target => target.Name, _ => new List<Measurement>());
        for (var run = 0; run < runs; run++)
        {
            foreach (var (name, start) in targets)
            {
                if (!Takes(bench, name))
                {
                    continue;
                }

                if (bench.Prepare is { } prepare)
                {
                    prepare(Path.Combine(inputs.Data, name["moss ".Length..]));
                }

                using var target = start();
                measured[name].Add(bench.Run(target, inputs));
            }
        }

        return [.. targets.Where(t => measured[t.Name].Count > 0).Select(t => Row(bench, t.Name, measured[t.Name]))];
    }

    static string CheckedSend(int chunk) => $"bare loop {chunk}K";

    // Kestrel that discards has nothing to give, and the bare loop one file only.
    static bool Takes(Bench bench, string name) =>
        name.StartsWith("moss", StringComparison.Ordinal)
        || (bench.OthersToo && name switch
        {
            "kestrel discard" => !bench.Name.Contains("get", StringComparison.Ordinal),
            _ when name.StartsWith("bare loop", StringComparison.Ordinal) => bench.Name == "get",
            _ => true,
        });

    static string Row(Bench bench, string name, List<Measurement> measured)
    {
        double Median(Func<Measurement, double> of)
        {
            var sorted = measured.Select(of).Order().ToList();
            return sorted[sorted.Count / 2];
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {bench.What} | {name} | {Median(m => m.Wall.TotalSeconds):F2} | {Median(m => m.MiBPerSecond):F0} | {Median(m => m.RequestsPerSecond):F0} | {Median(m => m.CpuSecondsPerGiB):F2} | {Median(m => m.CpuSecondsPer1000Requests):F3} | {Median(m => 1000 / m.CpuSecondsPer1000Requests):F0} | {Median(m => m.Median.TotalMilliseconds):F2} | {Median(m => m.P99.TotalMilliseconds):F2} | {Median(m => m.PeakResident / 1048576.0):F0} |\n");
    }

    static Inputs MakeInputs(string data, double scale)
    {
        var random = new Random(1);
        var part = Path.Combine(data, "part.bin");
        var longPart = Path.Combine(data, "long-part.bin");
        var large = Path.Combine(data, "mebibyte.bin");
        var bytes = new byte[Benches.Part];
        random.NextBytes(bytes);
        File.WriteAllBytes(part, bytes);
        File.WriteAllBytes(large, bytes[..(1024 * 1024)]);
        using (var file = File.Create(longPart))
        {
            for (var at = 0; at < Benches.LongPart; at += bytes.Length)
            {
                file.Write(bytes);
            }
        }

        return new(part, longPart, large, bytes[..4096], data, scale);
    }
}
