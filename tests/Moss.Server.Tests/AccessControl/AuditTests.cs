using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Moss.Protocol.Signing;
using Moss.Server.AccessControl.Admin;
using Moss.Server.AccessControl.Audit;
using Moss.Server.Pipeline;

namespace Moss.Server.Tests.AccessControl;

public sealed class AuditTests : IDisposable
{
    static readonly CancellationToken Ct = TestContext.Current.CancellationToken;
    readonly string _directory = Directory.CreateTempSubdirectory("moss-audit-").FullName;

    [Fact]
    public async Task Refused_and_privileged_requests_are_on_record_and_ordinary_ones_are_not()
    {
        await using var server = await AccessServer.StartAsync();
        (await server.SendAsync("PUT", "photos", by: AccessServer.Root)).Is(200);
        (await server.SendAsync("PUT", "photos", "k", AccessServer.Root, content: [1])).Is(200);
        (await server.SendAsync("GET", "photos", "k", AccessServer.Root)).Is(200);
        var alice = await server.UserAsync("alice");
        (await server.SendAsync("GET", "photos", "k", alice)).Is(403, "AccessDenied");
        (await server.SendAsync("GET", "photos", "k", new("nosuchkey", new("x")))).Is(403, "InvalidAccessKeyId");
        (await server.SendAsync("PUT", "photos", by: AccessServer.Root, query: "acl", headers: ("x-oss-acl", "public-read"))).Is(200);

        var records = (await server.AdminAsync("audit/list"))!.AsArray().Select(record => $"{record!["kind"]} {record["operation"]} {record["resource"]} {record["status"]} {record["code"]} {record["principal"]}").ToList();

        var root = "acs:ram::1000000000000001:root";
        Assert.Equal(
            [
                $"Privileged PutBucket /photos/ 200  {root}",
                $"Privileged admin:user/add alice 200  {root}",
                "Refused GetObject /photos/k 403 AccessDenied acs:ram::1000000000000001:user/alice",
                "Refused Unknown /photos/k 403 InvalidAccessKeyId ",
                $"Privileged PutBucketAcl /photos/ 200  {root}",
            ],
            records);
        var text = (await server.AdminAsync("audit/list"))!.ToJsonString();
        Assert.DoesNotContain(alice.Secret.Reveal(), text, StringComparison.Ordinal);
        Assert.Contains("nosuchkey", text, StringComparison.Ordinal);
        Assert.Single((await server.AdminAsync("audit/list", new() { ["code"] = "AccessDenied" }))!.AsArray());
    }

    [Fact]
    public async Task Only_what_was_done_is_among_the_privileged_records_so_that_nobody_pushes_them_out_who_may_not_do_it()
    {
        await using var server = await AccessServer.StartAsync();
        (await server.SendAsync("PUT", "photos", by: AccessServer.Root)).Is(200);
        var alice = await server.UserAsync("alice");
        foreach (var by in (Credential?[])[alice, null])
        {
            (await server.SendAsync("PUT", "photos", by: by, query: "acl", headers: ("x-oss-acl", "public-read"))).Is(403, "AccessDenied");
            (await server.SendAsync("PUT", "no-such-bucket", by: by, query: "acl", headers: ("x-oss-acl", "public-read"))).Is(404, "NoSuchBucket");
            Assert.Equal(403, (await server.TryAdminAsync("user/list", by: by ?? new("nobody", new("x")))).Status);
        }

        Assert.Equal(409, (await server.TryAdminAsync("user/add", new() { ["name"] = "alice" })).Status);
        var kinds = (await server.AdminAsync("audit/list"))!.AsArray().Select(record => $"{record!["kind"]} {record["operation"]} {record["status"]}");
        Assert.Equal(
            [
                "Privileged PutBucket 200", "Privileged admin:user/add 200",
                "Refused PutBucketAcl 403", "Refused PutBucketAcl 404", "Refused admin:user/list 403",
                "Refused PutBucketAcl 403", "Refused PutBucketAcl 404", "Refused admin:user/list 403", "Refused admin:user/add 409",
            ],
            kinds);
    }

    [Fact]
    public async Task What_was_done_is_on_record_also_when_its_client_goes_away_before_the_answer()
    {
        await using var server = await AccessServer.StartAsync();
        var admin = new AdminApi(server.Services.Access.Admin.All, new(server.Time, new()), server.Services.Access.Keys);
        await LeaveAsync(server, AddOf(server, "mallory"), admin.TryServeAsync);

        // The token service goes the same way, also with what it refuses.
        await LeaveAsync(server, RequestOf("/?Action=AssumeRole&Version=2015-04-01"), server.Services.Access.Sts.TryServeAsync);

        Assert.NotNull((await server.Services.Access.Directory.ReadAsync(Ct)).FindUser("1000000000000001", "mallory"));
        var records = await server.Services.Access.Audit.ReadAsync(10, since: null, code: null, Ct);
        Assert.Equal(
            ["Privileged admin:user/add mallory 200", "Refused sts:AssumeRole  400"],
            records.Select(record => $"{record.Kind} {record.Operation} {record.Resource} {record.Status}"));
    }

    [Fact]
    public async Task What_was_broken_off_is_not_on_record_as_done()
    {
        await using var server = await AccessServer.StartAsync();
        using var gone = new CancellationTokenSource();
        var actions = new Dictionary<string, AdminAction>(StringComparer.Ordinal)
        {
            ["user/add"] = async (_, ct) =>
            {
                await gone.CancelAsync();
                throw new OperationCanceledException(ct);
            },
        };
        var http = AddOf(server, "mallory");
        http.RequestAborted = gone.Token;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await new AdminApi(actions, new(server.Time, new()), server.Services.Access.Keys).TryServeAsync(new(http, server.Services, "id", started: 0)));
        var record = Assert.Single(await server.Services.Access.Audit.ReadAsync(10, since: null, code: null, Ct));
        Assert.Equal((AuditKind.Refused, 499), (record.Kind, record.Status));
    }

    [Fact]
    public async Task What_was_refused_is_on_record_where_the_request_names_it_elsewhere()
    {
        const string MayWriteA = """{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:PutObject","oss:DeleteObject"],"Resource":"acs:oss:*:*:photos/a/*"}]}""";
        await using var server = await AccessServer.StartAsync();
        foreach (var bucket in (string[])["photos", "secrets"])
        {
            (await server.SendAsync("PUT", bucket, by: AccessServer.Root)).Is(200);
            (await server.SendAsync("PUT", bucket, "k", AccessServer.Root, content: [1])).Is(200);
        }

        var alice = await server.UserAsync("alice", MayWriteA);
        (await server.SendAsync("PUT", "photos", "a/1", alice, headers: ("x-oss-copy-source", "/secrets/k"))).Is(403, "AccessDenied");
        (await server.SendAsync("PUT", "photos", "b/1", alice, headers: ("x-oss-copy-source", "/secrets/k"))).Is(403, "AccessDenied");
        var keys = "<Delete><Object><Key>a/1</Key></Object><Object><Key>b/1 x</Key></Object></Delete>"u8.ToArray();
        (await server.SendAsync("POST", "photos", by: alice, query: "delete", content: keys)).Is(403, "AccessDenied");

        var records = (await server.AdminAsync("audit/list", new() { ["code"] = "AccessDenied" }))!.AsArray();
        Assert.Equal(
            ["CopyObject /photos/a/1 /secrets/k", "CopyObject /photos/b/1 ", "DeleteMultipleObjects /photos/ /photos/b/1%20x"],
            records.Select(record => $"{record!["operation"]} {record["resource"]} {record["refusedResource"]}"));
    }

    [Fact]
    public async Task A_privileged_record_is_not_lost_in_a_flood_of_refusals_that_cannot_be_written()
    {
        // The refusals' file cannot be opened, and their writer hangs in that.
        Directory.CreateDirectory(Path.Combine(_directory, "audit", "refused.jsonl"));
        using var hangs = new SemaphoreSlim(0);
        using var goOn = new ManualResetEventSlim();
        await using var trail = new AuditTrail(_directory, TimeProvider.System, _ =>
        {
            hangs.Release();
            goOn.Wait(Ct);
        });
        try
        {
            trail.Add(Record("first"));
            Assert.True(await hangs.WaitAsync(TimeSpan.FromSeconds(30), Ct));
            for (var number = 0; number < 20_000; number++)
            {
                trail.Add(Record("flood"));
            }

            trail.Add(Record("kept") with { Kind = AuditKind.Privileged, Code = "Kept" });
        }
        finally
        {
            goOn.Set();
        }

        Assert.Equal("kept", Assert.Single(await trail.ReadAsync(10, since: null, "Kept", Ct)).RequestId);
    }

    [Fact]
    public async Task A_run_on_demand_is_on_record_with_its_time_and_its_bucket()
    {
        await using var server = await AccessServer.StartAsync();
        (await server.SendAsync("PUT", "photos", by: AccessServer.Root)).Is(200);
        await server.AdminAsync("lifecycle/run", new() { ["at"] = "2030-05-01T10:20:30+02:00" });
        await server.AdminAsync("inventory/run", new() { ["bucket"] = "photos" });
        var records = (await server.AdminAsync("audit/list"))!.AsArray().Select(record => $"{record!["operation"]} {record["resource"]}").ToList();
        Assert.Contains("admin:lifecycle/run at=2030-05-01T08:20:30Z", records);
        Assert.Contains("admin:inventory/run photos", records);
    }

    [Fact]
    public async Task Records_outlive_the_server_and_half_a_line_is_left_out()
    {
        await using (var trail = new AuditTrail(_directory, TimeProvider.System, static exception => throw exception))
        {
            trail.Add(Record("first"));
        }

        var path = Path.Combine(_directory, "audit", "refused.jsonl");
        await File.AppendAllTextAsync(path, "{\"time\":\"2026-01-", Ct);
        await using var again = new AuditTrail(_directory, TimeProvider.System, static exception => throw exception);
        again.Add(Record("second"));

        Assert.Equal(["first", "second"], (await again.ReadAsync(10, since: null, code: null, Ct)).Select(record => record.RequestId));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }
    }

    [Fact]
    public async Task A_flood_of_refusals_neither_fills_the_disk_nor_pushes_out_a_privileged_record()
    {
        const int MaxFileBytes = 64 * 1024;
        await using var trail = new AuditTrail(_directory, TimeProvider.System, static exception => throw exception, MaxFileBytes);
        trail.Add(Record("kept") with { Kind = AuditKind.Privileged, Code = "Kept" });
        for (var round = 0; round < 10; round++)
        {
            for (var number = 0; number < 1000; number++)
            {
                trail.Add(Record("flood"));
            }

            await trail.ReadAsync(0, since: null, code: null, Ct);
        }

        // 10,000 records of 150 bytes are 1.5 MB; eight files of 64 KB are kept.
        var bytes = new DirectoryInfo(Path.Combine(_directory, "audit")).EnumerateFiles().Sum(file => file.Length);
        Assert.InRange(bytes, 6 * MaxFileBytes, 9 * MaxFileBytes);
        Assert.Equal("kept", Assert.Single(await trail.ReadAsync(10, since: null, "Kept", Ct)).RequestId);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <summary>Sends a request, and goes away in the middle of the answer.</summary>
    static async Task LeaveAsync(AccessServer server, DefaultHttpContext http, Func<OssContext, ValueTask<bool>> serve)
    {
        using var gone = new CancellationTokenSource();
        http.RequestAborted = gone.Token;
        var answer = new Pipe(new(pauseWriterThreshold: 1, resumeWriterThreshold: 1));
        http.Response.Body = answer.Writer.AsStream();
        var served = serve(new(http, server.Services, "id", started: 0)).AsTask();
        await answer.Reader.ReadAsync(Ct);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => served);
    }

    static DefaultHttpContext AddOf(AccessServer server, string user)
    {
        var body = Encoding.UTF8.GetBytes($"{{\"name\":\"{user}\"}}");
        var http = RequestOf("/-/admin/user/add");
        List<KeyValuePair<string, string>> headers = [new("Content-MD5", Convert.ToBase64String(MD5.HashData(body)))];
        var signable = SignableRequest.ToSend("POST", "-", "admin/user/add", [], headers);
        foreach (var (name, value) in headers.Concat(new Signer(AccessServer.Root, new() { Region = "cn-hangzhou" }).Sign(signable, server.Time.GetUtcNow())))
        {
            http.Request.Headers[name] = value;
        }

        http.Request.Body = new MemoryStream(body);
        return http;
    }

    static DefaultHttpContext RequestOf(string target)
    {
        var http = new DefaultHttpContext();
        http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = target;
        http.Request.Method = "POST";
        http.Request.Host = new("localhost");
        return http;
    }

    static AuditRecord Record(string id) => new()
    {
        Time = TimeProvider.System.GetUtcNow(),
        Kind = AuditKind.Refused,
        RequestId = id,
        Operation = "GetObject",
        Resource = "/",
        Status = 403,
        SourceIp = "127.0.0.1",
    };
}
