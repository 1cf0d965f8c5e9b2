using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Microsoft.AspNetCore.Http;
using Moss.Protocol.Signing;

namespace Moss.Server.Tests.AccessControl;

/// <summary>Every row of the operation table, in each form that docs/compatibility.md lists, by those who may do nothing.</summary>
public sealed class EveryOperationTests : IAsyncLifetime
{
    static readonly byte[] Body = "hello"u8.ToArray();

    AccessServer _server = null!;
    Credential _alice = null!;
    Credential _other = null!;

    public static TheoryData<string, string> Forms => [.. OperationTable.All
        .Where(row => row.Access != Access.Free)
        .Select(row => ($"{row.Name}", $"{row.Method} {row.Scope} {row.Selector}"))];

    public async ValueTask InitializeAsync()
    {
        _server = await AccessServer.StartAsync();
        (await _server.SendAsync("PUT", "photos", by: AccessServer.Root)).Is(200);
        (await _server.SendAsync("PUT", "photos", "k", AccessServer.Root, content: Body)).Is(200);
        _alice = await _server.UserAsync("alice");
        _other = AccessServer.KeyOf((await _server.AdminAsync("account/add", new() { ["name"] = "other" }))!);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task An_operation_is_refused_to_whoever_has_no_grant_and_for_the_action_that_it_needs(string name, string form)
    {
        var row = Assert.Single(OperationTable.All, row => row.Name == name && $"{row.Method} {row.Scope} {row.Selector}" == form);
        foreach (var version in Enum.GetValues<SignatureVersion>())
        {
            var refused = await SendAsync(row, _alice, version);
            Assert.True(refused.Status == 403, $"{version}: {refused.Status} {refused.Text}");
            var error = row.Method == "HEAD" ? Encoding.UTF8.GetString(Convert.FromBase64String(refused.Header("x-oss-err")!)) : refused.Text;
            var document = XDocument.Parse(error).Root!;
            Assert.Equal("AccessDenied", document.Element("Code")!.Value);
            Assert.Equal(row.Permission.Split('|')[0], document.Element("AuthAction")!.Value);
        }

        if (row.Permission.Contains('|', StringComparison.Ordinal) && row.Name != "DeleteMultipleObjects")
        {
            var ofVersion = await SendAsync(row, _alice, more: "versionId=null");
            Assert.True(ofVersion.Status == 403, $"version: {ofVersion.Status} {ofVersion.Text}");
            Assert.True(row.Method == "HEAD" || ofVersion.Element("AuthAction") == row.Permission.Split('|')[1], ofVersion.Text);
        }

        var nobody = await SendAsync(row, by: null);
        Assert.True(nobody.Status == 403, $"anonymous: {nobody.Status} {nobody.Text}");

        // Another account has its own service and its own buckets, and nothing of this one.
        if (row.Scope != Scope.Service && row.Name != "PutBucket")
        {
            var stranger = await SendAsync(row, _other);
            Assert.True(stranger.Status == 403, $"another account: {stranger.Status} {stranger.Text}");
        }

        Assert.Equal(Body, (await _server.SendAsync("GET", "photos", "k", AccessServer.Root)).Body);
        (await _server.SendAsync("GET", "new-bucket", by: AccessServer.Root)).Is(404, "NoSuchBucket");
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task An_operation_is_let_through_with_the_action_that_it_needs_and_the_simulator_knows(string name, string form)
    {
        var row = Assert.Single(OperationTable.All, row => row.Name == name && $"{row.Method} {row.Scope} {row.Selector}" == form);
        var action = row.Permission.Split('|')[0];

        // A list of keys is judged key by key.
        var (bucket, key) = (BucketOf(row), row.Scope == Scope.Object || row.Name == "DeleteMultipleObjects" ? "k" : null);
        JsonObject Question() => new() { ["user"] = "alice", ["action"] = action, ["bucket"] = bucket, ["key"] = key };
        Assert.False((bool)(await _server.AdminAsync("policy/simulate", Question()))!["allowed"]!);

        await _server.AdminAsync("policy/attach", new()
        {
            ["user"] = "alice",
            ["document"] = $$"""{"Version":"1","Statement":[{"Effect":"Allow","Action":"{{action}}","Resource":"*"}]}""",
        });
        Assert.True((bool)(await _server.AdminAsync("policy/simulate", Question()))!["allowed"]!);
        var reply = await SendAsync(row, _alice);
        Assert.False(reply.Status == 403 && (reply.Text.Length == 0 || reply.Element("AuthAction") == action), reply.Text);
    }

    /// <summary>The one operation whose sender is known from its body.</summary>
    [Fact]
    public async Task A_form_is_refused_to_whoever_has_no_grant()
    {
        var until = _server.Time.GetUtcNow().AddMinutes(5).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        var policy = Convert.ToBase64String(Encoding.UTF8.GetBytes($$"""{"expiration":"{{until}}","conditions":[["starts-with","$key",""]]}"""));
        async Task<Reply> PostAsync(Credential? by)
        {
            using var form = new MultipartFormDataContent { { new StringContent("posted"), "key" } };
            if (by is not null)
            {
                form.Add(new StringContent(by.AccessKeyId), "OSSAccessKeyId");
                form.Add(new StringContent(policy), "policy");
                form.Add(new StringContent(Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(by.Secret.Reveal()), Encoding.UTF8.GetBytes(policy)))), "Signature");
            }

            form.Add(new ByteArrayContent(Body), "file", "f");
            using var response = await _server.Http.PostAsync(new Uri("/photos/", UriKind.Relative), form, TestContext.Current.CancellationToken);
            return new(response, await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        }

        (await PostAsync(_alice)).Is(403, "AccessDenied");
        (await PostAsync(_other)).Is(403, "AccessDenied");
        (await PostAsync(by: null)).Is(403, "AccessDenied");
        (await _server.SendAsync("HEAD", "photos", "posted", AccessServer.Root)).Is(404);
        Assert.Equal(204, (await PostAsync(AccessServer.Root)).Status);
    }

    /// <summary>In V1 the resource of these calls is the bucket alone: no SDK counts accessmonitor among the sub-resources it signs (Go, Python, PHP, Java).</summary>
    [Fact]
    public async Task Access_monitoring_is_asked_for_and_set_as_the_sdks_sign_it_in_V1()
    {
        async Task<Reply> CallAsync(string method, Credential by, byte[]? content, string resource)
        {
            var date = _server.Time.GetUtcNow().ToString("R", CultureInfo.InvariantCulture);
            var text = Encoding.UTF8.GetBytes($"{method}\n\napplication/xml\n{date}\n{resource}");
            var signature = Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(by.Secret.Reveal()), text));
            return await _server.RawAsync(
                method, "/photos/?accessmonitor", [new("Date", date), new("Content-Type", "application/xml"), new("Authorization", $"OSS {by.AccessKeyId}:{signature}")], content);
        }

        var enabled = "<AccessMonitorConfiguration><Status>Enabled</Status></AccessMonitorConfiguration>"u8.ToArray();
        (await CallAsync("PUT", AccessServer.Root, enabled, "/photos/")).Is(200);
        var got = await CallAsync("GET", AccessServer.Root, null, "/photos/");
        Assert.Contains("<Status>Enabled</Status>", got.Text, StringComparison.Ordinal);
        (await CallAsync("PUT", _alice, enabled, "/photos/")).Is(403, "AccessDenied");
        (await CallAsync("GET", _alice, null, "/photos/")).Is(403, "AccessDenied");
        (await CallAsync("GET", AccessServer.Root, null, "/photos/?accessmonitor")).Is(403, "SignatureDoesNotMatch");
    }

    // The request that the row's selector describes, with as much of a body and of values as lets it get to the question who may.
    async Task<Reply> SendAsync(Operation row, Credential? by, SignatureVersion version = SignatureVersion.V4, string more = "")
    {
        var bucket = BucketOf(row);
        var query = string.Join('&', row.Terms.Where(term => !term.IsHeader).Select(Written).Append(more).Where(text => text.Length > 0));
        var headers = row.Terms.Where(term => term.IsHeader).Select(term => (term.Name, "/photos/k")).ToArray();
        var content = row.Name switch
        {
            "DeleteMultipleObjects" => "<Delete><Object><Key>k</Key></Object></Delete>"u8.ToArray(),
            _ when HttpMethods.IsPut(row.Method) || HttpMethods.IsPost(row.Method) => "<a/>"u8.ToArray(),
            _ => null,
        };
        return await _server.SendAsync(row.Method, bucket, row.Scope == Scope.Object ? "k" : null, by, query, content, type: null, version, headers);
    }

    static string? BucketOf(Operation row) => row.Scope == Scope.Service ? null : row.Name == "PutBucket" ? "new-bucket" : "photos";

    static string Written(SelectorTerm term) => term switch
    {
        { Value: { } value } => $"{term.Name}={Uri.EscapeDataString(value.Replace('*', 'x'))}",
        { Name: "partNumber" } => "partNumber=1",
        { Name: "uploadId" } => $"uploadId={new string('A', 32)}",
        _ => term.Name,
    };
}
