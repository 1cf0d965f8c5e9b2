using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Moss.Protocol.Signing;

namespace Moss.Load;

/// <summary>A server under load: how to reach it, how to word a request to it, and which processes are its.</summary>
sealed class Target(string name, int port, IReadOnlyList<Process> processes, string directory, bool isMoss, long started) : IDisposable
{
    const string AccessKeyId = "bench";
    const string Secret = "bench-secret";

    static readonly Signer Signer = new(
        new(AccessKeyId, new(Secret)), new SigningOptions { Version = SignatureVersion.V4, Region = "bench" });

    public string Name => name;

    public bool IsMoss => isMoss;

    public string Directory => directory;

    /// <summary>How long ago the server's process was started.</summary>
    public TimeSpan SinceStart => Stopwatch.GetElapsedTime(started);

    public IPEndPoint Address { get; } = new(IPAddress.Loopback, port);

    /// <summary>`moss serve` from a published file, over a data directory.</summary>
    public static Target Moss(string binary, string directory, string durability)
    {
        var port = FreePort();
        var info = new ProcessStartInfo(binary)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in new[] { "serve", "--data", directory, "--listen", $"127.0.0.1:{Text(port)}", "--durability", durability })
        {
            info.ArgumentList.Add(argument);
        }

        info.Environment["MOSS_ROOT_ACCESS_KEY_ID"] = AccessKeyId;
        info.Environment["MOSS_ROOT_ACCESS_KEY_SECRET"] = Secret;
        return Start($"moss {durability}", info, port, directory, isMoss: true);
    }

    /// <summary>nginx with WebDAV PUT: no hash, no fsync.</summary>
    public static Target Nginx(string binary, string directory)
    {
        var port = FreePort();
        System.IO.Directory.CreateDirectory(Path.Combine(directory, "root", "bucket"));
        System.IO.Directory.CreateDirectory(Path.Combine(directory, "temp"));
        var configuration = Path.Combine(directory, "nginx.conf");
        File.WriteAllText(configuration, $$"""
            worker_processes 2;
            daemon off;
            user root;
            error_log {{directory}}/error.log;
            pid {{directory}}/nginx.pid;
            events { worker_connections 4096; }
            http {
              access_log off;
              sendfile on;
              tcp_nopush on;
              keepalive_requests 100000000;
              client_body_temp_path {{directory}}/temp;
              client_max_body_size 0;
              proxy_temp_path {{directory}}/temp; fastcgi_temp_path {{directory}}/temp; uwsgi_temp_path {{directory}}/temp; scgi_temp_path {{directory}}/temp;
              server {
                listen 127.0.0.1:{{Text(port)}};
                root {{directory}}/root;
                location / { dav_methods PUT DELETE; create_full_put_path on; }
              }
            }
            """);
        var info = new ProcessStartInfo(binary) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        info.ArgumentList.Add("-c");
        info.ArgumentList.Add(configuration);
        return Start("nginx", info, port, directory, isMoss: false);
    }

    /// <summary>Kestrel that reads bodies and throws them away, in a process of its own: this program's.</summary>
    public static Target Discard(string directory)
    {
        var port = FreePort();
        return Own("kestrel discard", port, directory, ["discard", Text(port)]);
    }

    /// <summary>A bare loop that reads, checks and sends one file; see <see cref="CheckedSendServer"/>.</summary>
    public static Target CheckedSend(string directory, int chunk)
    {
        var port = FreePort();
        var root = Path.Combine(directory, "root", "bucket");
        System.IO.Directory.CreateDirectory(root);
        return Own($"bare loop {Text(chunk / 1024)}K", port, directory, ["checked-send", Text(port), Path.Combine(root, "large"), Text(chunk)]);
    }

    /// <summary>The head of a request, signed in its URL where the server wants that.</summary>
    public byte[] Head(string method, string key, long length, params (string Name, string? Value)[] query)
    {
        var (path, parameters) = ($"/bucket/{key}", "");
        if (isMoss)
        {
            var request = SignableRequest.ToSend(
                method, "bucket", key, query.Select(q => KeyValuePair.Create(q.Name, q.Value)), []);
            parameters = "?" + Signer.Presign(request, TimeProvider.System.GetUtcNow(), TimeSpan.FromDays(1));
        }

        return Encoding.ASCII.GetBytes(
            $"{method} {path}{parameters} HTTP/1.1\r\nHost: 127.0.0.1:{Text(Address.Port)}\r\nContent-Length: {Text(length)}\r\n\r\n");
    }

    /// <summary>The head of a request to a bucket.</summary>
    public byte[] BucketHead(string method, string bucket, params (string Name, string? Value)[] query)
    {
        var request = SignableRequest.ToSend(method, bucket, null, query.Select(q => KeyValuePair.Create(q.Name, q.Value)), []);
        var parameters = Signer.Presign(request, TimeProvider.System.GetUtcNow(), TimeSpan.FromDays(1));
        return Encoding.ASCII.GetBytes(
            $"{method} /{bucket}/?{parameters} HTTP/1.1\r\nHost: 127.0.0.1:{Text(Address.Port)}\r\nContent-Length: 0\r\n\r\n");
    }

    /// <summary>The head of a copy of a part, signed in its headers because they take part.</summary>
    public byte[] CopyHead(string key, string uploadId, int number, string source)
    {
        var request = SignableRequest.ToSend(
            "PUT",
            "bucket",
            key,
            [new("partNumber", Text(number)), new("uploadId", uploadId)],
            [new("x-oss-copy-source", $"/bucket/{source}")]);
        var parameters = Signer.Presign(request, TimeProvider.System.GetUtcNow(), TimeSpan.FromDays(1));
        return Encoding.ASCII.GetBytes(
            $"PUT /bucket/{key}?{parameters} HTTP/1.1\r\nHost: 127.0.0.1:{Text(Address.Port)}\r\n" +
            $"x-oss-copy-source: /bucket/{source}\r\nContent-Length: 0\r\n\r\n");
    }

    /// <summary>User and system time of the server's processes so far.</summary>
    public TimeSpan Cpu() => processes.SelectMany(p => Family(p.Id)).Aggregate(TimeSpan.Zero, (sum, id) => sum + CpuOf(id));

    /// <summary>The largest resident set of the server's processes so far, in bytes.</summary>
    public long PeakResident() => processes.SelectMany(p => Family(p.Id)).Max(PeakOf);

    public void Dispose()
    {
        foreach (var process in processes)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            process.Dispose();
        }

        if (System.IO.Directory.Exists(directory))
        {
            System.IO.Directory.Delete(directory, recursive: true);
        }
    }

    static Target Own(string name, int port, string directory, IReadOnlyList<string> arguments)
    {
        var info = new ProcessStartInfo(Environment.ProcessPath!)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments)
        {
            info.ArgumentList.Add(argument);
        }

        return Start(name, info, port, directory, isMoss: false);
    }

    static Target Start(string name, ProcessStartInfo info, int port, string directory, bool isMoss)
    {
        var started = Stopwatch.GetTimestamp();
        var process = Process.Start(info)!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var target = new Target(name, port, [process], directory, isMoss, started);
        for (var tries = 0; ; tries++)
        {
            try
            {
                using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                probe.Connect(target.Address);
                break;
            }
            catch (SocketException) when (tries < 5000 && !process.HasExited)
            {
                Pause(TimeSpan.FromMilliseconds(2));
            }
        }

        if (isMoss)
        {
            using var connection = new Connection(target.Address);
            connection.Send(target.BucketHead("PUT", "bucket"));
        }

        return target;
    }

    static void Pause(TimeSpan time)
    {
        using var never = new ManualResetEventSlim();
        never.Wait(time);
    }

    static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    // The process and its children (nginx works in children).
    static IEnumerable<int> Family(int id)
    {
        yield return id;
        var children = $"/proc/{Text(id)}/task/{Text(id)}/children";
        if (File.Exists(children))
        {
            foreach (var child in File.ReadAllText(children).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                yield return int.Parse(child, CultureInfo.InvariantCulture);
            }
        }
    }

    static TimeSpan CpuOf(int id)
    {
        const int TicksPerSecond = 100;
        var stat = File.ReadAllText($"/proc/{Text(id)}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return TimeSpan.FromSeconds((double)(long.Parse(fields[11], CultureInfo.InvariantCulture)
            + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond);
    }

    static long PeakOf(int id) =>
        File.ReadLines($"/proc/{Text(id)}/status")
            .Where(line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
            .Select(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024)
            .FirstOrDefault();

    static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
