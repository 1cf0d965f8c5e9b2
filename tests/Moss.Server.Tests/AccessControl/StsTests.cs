using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Moss.Protocol.Signing;
using Moss.Server.Tests.Hosting;
using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.AccessControl;

/// <summary>The token service, and what its tokens are good for.</summary>
public sealed class StsTests : IAsyncLifetime
{
    const string Trust = """{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":["acs:ram::1000000000000001:root"]}}]}""";
    const string MayAssume = """{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}""";
    const string MayWrite = """{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:PutObject","oss:GetObject"],"Resource":"acs:oss:*:*:uploads/*"}]}""";
    const string RoleArn = "acs:ram::1000000000000001:role/uploader";

    static readonly byte[] Body = "hello"u8.ToArray();

    readonly ManualTime _time = new(DateTimeOffset.UnixEpoch.AddDays(20_000));
    AccessServer _server = null!;
    Credential _app = null!;
    int _nonce;

    public async ValueTask InitializeAsync()
    {
        _server = await AccessServer.StartAsync(time: _time);
        (await _server.SendAsync("PUT", "uploads", by: AccessServer.Root)).Is(200);
        _app = await _server.UserAsync("app", MayAssume);
        await _server.AdminAsync("role/add", new() { ["name"] = "Uploader", ["trust"] = Trust, ["document"] = MayWrite });
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public void The_signature_is_that_of_the_published_vector()
    {
        var parameters = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["Format"] = "JSON",
            ["Version"] = "2015-04-01",
            ["AccessKeyId"] = "testid",
            ["SignatureMethod"] = "HMAC-SHA1",
            ["SignatureVersion"] = "1.0",
            ["Timestamp"] = "2015-09-01T05:57:34Z",
            ["RoleArn"] = "acs:ram::1234567890123:role/firstrole",
            ["RoleSessionName"] = "client",
            ["Action"] = "AssumeRole",
            ["SignatureNonce"] = "571f8fb8-506e-11e5-8e12-b8e8563dc8d2",
        };

        Assert.Equal("gNI7b0AyKZHxDgjBGPDgJ1Ce3L4=", Sign("GET", parameters, "testsecret"));
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task A_user_that_may_gets_a_grant_that_does_what_the_role_may_and_no_more(string method)
    {
        var grant = await AssumeAsync(method: method);

        foreach (var version in (SignatureVersion[])[SignatureVersion.V1, SignatureVersion.V2, SignatureVersion.V4])
        {
            (await _server.SendAsync("PUT", "uploads", "k", grant, content: Body, version: version)).Is(200);
            (await _server.SendSignedUrlAsync("GET", "uploads", "k", grant, TimeSpan.FromMinutes(5), version)).Is(200);
            (await _server.SendAsync("DELETE", "uploads", "k", grant, version: version)).Is(403, "AccessDenied");
        }
    }

    [Fact]
    public async Task The_answer_is_json_or_xml_as_asked()
    {
        var json = JsonNode.Parse((await CallAsync(Parameters(), "GET")).Text)!;
        Assert.StartsWith("STS.", (string)json["Credentials"]!["AccessKeyId"]!, StringComparison.Ordinal);
        Assert.Equal("acs:ram::1000000000000001:role/uploader/session-1", (string)json["AssumedRoleUser"]!["Arn"]!);
        Assert.Matches("^3[0-9]{15}:session-1$", (string)json["AssumedRoleUser"]!["AssumedRoleId"]!);
        Assert.Equal(_time.GetUtcNow().AddHours(1).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture), (string)json["Credentials"]!["Expiration"]!);
        Assert.Equal(36, ((string)json["RequestId"]!).Length);

        var parameters = Parameters();
        parameters.Remove("Format");
        var xml = XDocument.Parse((await CallAsync(parameters, "GET")).Text).Root!;
        Assert.Equal("AssumeRoleResponse", xml.Name.LocalName);
        Assert.NotEmpty(xml.Element("Credentials")!.Element("SecurityToken")!.Value);
    }

    [Theory]
    [InlineData("sts.aliyuncs.com")]
    [InlineData("sts.cn-hangzhou.aliyuncs.com:9020")]
    [InlineData("STS.localhost:9020")]
    [InlineData("sts.moss.test")]
    [InlineData("127.0.0.1:9020")]
    public async Task It_answers_under_every_host_of_its_own_whatever_the_port(string host)
    {
        var grant = await CallAsync(Parameters(), "GET", host: host);
        Assert.Equal(200, grant.Status);
        var who = await CallAsync(Parameters(("Action", "GetCallerIdentity")), "POST", host: host);
        Assert.Equal("acs:ram::1000000000000001:user/app", (string)JsonNode.Parse(who.Text)!["Arn"]!);

        // And with a grant, as a program does that was given one.
        var session = GrantOf(grant);
        var parameters = Parameters(("Action", "GetCallerIdentity"), ("SecurityToken", session.SecurityToken!));
        Assert.Equal("AssumedRoleUser", (string)JsonNode.Parse((await CallAsync(parameters, "GET", session, host)).Text)!["IdentityType"]!);
    }

    [Theory]
    [InlineData("uploads.localhost")]
    [InlineData("uploads.oss-cn-hangzhou.aliyuncs.com")]
    public async Task A_host_of_a_bucket_is_the_buckets(string host) =>
        (await CallAsync(Parameters(), "GET", host: host)).Is(403, "AccessDenied");

    [Fact]
    public async Task It_answers_over_https_under_its_own_name()
    {
        using var directory = new TemporaryDirectory();
        using var certificates = new TestCertificates();
        var (certificate, key) = certificates.Make();
        string certificateFile = Path.Combine(directory.Path, "tls.crt"), keyFile = Path.Combine(directory.Path, "tls.key");
        await File.WriteAllTextAsync(certificateFile, certificate, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(keyFile, key, TestContext.Current.CancellationToken);
        await _server.DisposeAsync();
        _server = await AccessServer.StartAsync(
            options => options with { TlsCertificateFile = certificateFile, TlsKeyFile = keyFile }, _time, new() { SslOptions = certificates.Client() });
        (await _server.SendAsync("PUT", "uploads", by: AccessServer.Root)).Is(200);
        _app = await _server.UserAsync("app", MayAssume);
        await _server.AdminAsync("role/add", new() { ["name"] = "Uploader", ["trust"] = Trust, ["document"] = MayWrite });

        // The name in the handshake is that of the Host header, and the certificate is held to it.
        var reply = await CallAsync(Parameters(), "POST", host: "sts.moss.test");
        Assert.Equal(200, reply.Status);
        (await _server.SendAsync("PUT", "uploads", "k", GrantOf(reply), content: Body)).Is(200);
    }

    [Fact]
    public async Task The_newer_signature_of_the_header_is_taken_too()
    {
        var reply = await CallV3Async(_app);
        Assert.Equal(200, reply.Status);
        var grant = GrantOf(reply);
        (await _server.SendAsync("PUT", "uploads", "k", grant, content: Body)).Is(200);

        Assert.Contains("SignatureDoesNotMatch", (await CallV3Async(new(_app.AccessKeyId, new("wrong")))).Text, StringComparison.Ordinal);
        Assert.Contains("InvalidParameter.SignedHeaders", (await CallV3Async(_app, signed: "host;x-acs-action")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_policy_cuts_what_the_role_may()
    {
        const string OnlyA = """{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:*","Resource":"acs:oss:*:*:uploads/a/*"}]}""";
        var grant = await AssumeAsync(("Policy", OnlyA));

        (await _server.SendAsync("PUT", "uploads", "a/1", grant, content: Body)).Is(200);
        var refused = await _server.SendAsync("PUT", "uploads", "b/1", grant, content: Body);
        refused.Is(403, "AccessDenied");
        Assert.Equal("0003-00000301", refused.Header("x-oss-ec"));

        // What the session allows beyond the role, nobody allows.
        (await _server.SendAsync("DELETE", "uploads", "a/1", grant)).Is(403, "AccessDenied");
    }

    [Theory]
    [InlineData(SignatureVersion.V1)]
    [InlineData(SignatureVersion.V2)]
    [InlineData(SignatureVersion.V4)]
    public async Task A_token_that_is_wrong_missing_foreign_or_expired_gets_its_documented_refusal(SignatureVersion version)
    {
        var grant = await AssumeAsync();
        var other = await AssumeAsync();
        async Task BothAsync(Credential credential, string code)
        {
            (await _server.SendAsync("GET", "uploads", "k", credential, version: version)).Is(403, code);
            (await _server.SendSignedUrlAsync("GET", "uploads", "k", credential, TimeSpan.FromHours(2), version)).Is(403, code);
        }

        await BothAsync(new(grant.AccessKeyId, grant.Secret, "CAISnonsense"), "InvalidSecurityToken");
        await BothAsync(new(grant.AccessKeyId, grant.Secret, grant.SecurityToken![..^1]), "InvalidSecurityToken");
        await BothAsync(new(grant.AccessKeyId, grant.Secret), "InvalidAccessKeyId");
        await BothAsync(new(grant.AccessKeyId, grant.Secret, other.SecurityToken), "AccessKeyIdAndSecurityTokenNotMatch");
        await BothAsync(new(_app.AccessKeyId, _app.Secret, grant.SecurityToken), "AccessKeyIdAndSecurityTokenNotMatch");
        await BothAsync(new(grant.AccessKeyId, other.Secret, grant.SecurityToken), "SignatureDoesNotMatch");

        _time.Advance(TimeSpan.FromHours(1));
        await BothAsync(grant, "SecurityTokenExpired");
        Assert.Equal("0002-00000007", (await _server.SendAsync("GET", "uploads", "k", grant, version: version)).Header("x-oss-ec"));
    }

    [Fact]
    public async Task A_grant_ends_with_its_role_and_follows_its_policies()
    {
        var grant = await AssumeAsync();
        await _server.AdminAsync("policy/detach", new() { ["role"] = "uploader" });
        (await _server.SendAsync("PUT", "uploads", "k", grant, content: Body)).Is(403, "AccessDenied");
        await _server.AdminAsync("policy/attach", new() { ["role"] = "uploader", ["document"] = MayWrite });
        (await _server.SendAsync("PUT", "uploads", "k", grant, content: Body)).Is(200);

        await _server.AdminAsync("role/remove", new() { ["name"] = "uploader" });
        (await _server.SendAsync("PUT", "uploads", "k", grant, content: Body)).Is(403, "InvalidSecurityToken");
        await _server.AdminAsync("role/add", new() { ["name"] = "uploader", ["trust"] = Trust, ["document"] = MayWrite });
        (await _server.SendAsync("PUT", "uploads", "k", grant, content: Body)).Is(403, "InvalidSecurityToken");
    }

    [Theory]
    [InlineData("RoleArn", "nonsense", 400, "InvalidParameter.RoleArn")]
    [InlineData("RoleArn", "acs:ram::1000000000000001:role/missing", 404, "EntityNotExist.Role")]
    [InlineData("RoleArn", null, 400, "MissingParameter")]
    [InlineData("RoleSessionName", "x", 400, "InvalidParameter.RoleSessionName")]
    [InlineData("RoleSessionName", "a b", 400, "InvalidParameter.RoleSessionName")]
    [InlineData("RoleSessionName", null, 400, "MissingParameter")]
    [InlineData("DurationSeconds", "899", 400, "InvalidParameter.DurationSeconds")]
    [InlineData("DurationSeconds", "3601", 400, "InvalidParameter.DurationSeconds")]
    [InlineData("DurationSeconds", "ten", 400, "InvalidParameter.DurationSeconds")]
    [InlineData("Policy", "{}", 400, "InvalidParameter.PolicyGrammar")]
    [InlineData("ExternalId", "x", 400, "InvalidParameter.ExternalId")]
    [InlineData("Action", "Nothing", 404, "InvalidAction.NotFound")]
    [InlineData("Version", "2014-01-01", 400, "InvalidVersion")]
    [InlineData("AccessKeyId", "nobody", 404, "InvalidAccessKeyId.NotFound")]
    [InlineData("Timestamp", "2020-01-01T00:00:00Z", 400, "InvalidTimeStamp.Expired")]
    [InlineData("Timestamp", "yesterday", 400, "InvalidTimeStamp.Format")]
    [InlineData("SignatureNonce", null, 400, "MissingParameter")]
    [InlineData("SignatureMethod", "NONE", 400, "InvalidParameter.SignatureMethod")]
    public async Task A_bad_parameter_is_refused_by_name(string name, string? value, int status, string code)
    {
        var parameters = Parameters();
        parameters.Remove(name);
        if (value is not null)
        {
            parameters[name] = value;
        }

        var reply = await CallAsync(parameters, "GET");

        Assert.Equal(status, reply.Status);
        Assert.Equal(code, (string)JsonNode.Parse(reply.Text)!["Code"]!);
    }

    [Fact]
    public async Task A_timestamp_may_have_milliseconds_as_JavaScript_writes_them()
    {
        var now = _time.GetUtcNow().AddMilliseconds(7).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
        await AssumeAsync("POST", ("Timestamp", now));
    }

    [Fact]
    public async Task A_long_session_policy_is_refused()
    {
        var reply = await CallAsync(Parameters(("Policy", new string(' ', 2049))), "POST");
        Assert.Contains("InvalidParameter.PolicySize", reply.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_may_not_assume_is_told_so_and_learns_nothing_of_roles()
    {
        Assert.Contains("Roles may not be assumed by root accounts", (await CallAsync(Parameters(), "GET", AccessServer.Root)).Text, StringComparison.Ordinal);
        var stranger = await _server.UserAsync("stranger");
        var there = JsonNode.Parse((await CallAsync(Parameters(), "GET", stranger)).Text)!;
        var missing = JsonNode.Parse((await CallAsync(Parameters(("RoleArn", "acs:ram::1000000000000001:role/missing")), "GET", stranger)).Text)!;
        Assert.Equal("NoPermission", (string)there["Code"]!);
        Assert.Equal((string)there["Message"]!, (string)missing["Message"]!);

        const string TrustsBob = """{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":"acs:ram::1000000000000001:user/bob"}}]}""";
        await _server.AdminAsync("role/trust", new() { ["name"] = "uploader", ["trust"] = TrustsBob });
        Assert.Contains("NoPermission", (await CallAsync(Parameters(), "GET")).Text, StringComparison.Ordinal);
        var bob = await _server.UserAsync("bob", MayAssume);
        Assert.Equal(200, (await CallAsync(Parameters(), "GET", bob)).Status);
    }

    [Theory]
    [InlineData("Resource", "acs:ram::*:role/uploader", false)]
    [InlineData("Resource", "acs:ram::*:role/UPLOADER", false)]
    [InlineData("Resource", "acs:ram::*:role/up*ER", false)]
    [InlineData("NotResource", "acs:ram::*:role/uploader", true)]
    [InlineData("NotResource", "acs:ram::*:role/other", false)]
    public async Task A_role_is_denied_or_granted_however_its_name_is_written(string element, string resource, bool mayAssume)
    {
        var policy = MayAssume.Replace(
            "]}", $$""",{"Effect":"Deny","Action":"sts:AssumeRole","{{element}}":"{{resource}}"}]}""", StringComparison.Ordinal);
        await _server.AdminAsync("policy/attach", new() { ["user"] = "app", ["document"] = policy });
        foreach (var name in (string[])["uploader", "Uploader", "UPLOADER", "upLoader"])
        {
            var reply = await CallAsync(Parameters(("RoleArn", $"acs:ram::1000000000000001:role/{name}")), "GET");
            Assert.True(reply.Status == (mayAssume ? 200 : 403), $"{name}: {reply.Text}");
        }

        // No role has this name, whatever a letter's lower case is.
        await _server.AdminAsync("role/add", new() { ["name"] = "kiosk", ["trust"] = Trust });
        await _server.AdminAsync("policy/attach", new() { ["user"] = "app", ["document"] = policy.Replace("uploader", "kiosk", StringComparison.Ordinal) });
        Assert.NotEqual(200, (await CallAsync(Parameters(("RoleArn", "acs:ram::1000000000000001:role/\u212Aiosk")), "GET")).Status);
    }

    [Fact]
    public async Task A_name_means_one_user_however_it_is_written()
    {
        const string TrustsApp = """{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":"acs:ram::1000000000000001:user/APP"}}]}""";
        await _server.AdminAsync("role/trust", new() { ["name"] = "uploader", ["trust"] = TrustsApp });
        Assert.Equal(200, (await CallAsync(Parameters(), "GET")).Status);

        // Nobody else can be called that, and the admin calls mean the same user.
        Assert.Equal(409, (await _server.TryAdminAsync("user/add", new() { ["name"] = "App" })).Status);
        Assert.Equal("app", (string)(await _server.AdminAsync("user/show", new() { ["name"] = "aPP" }))!["name"]!);
        Assert.Equal("app", (string)(await _server.AdminAsync("key/add", new() { ["user"] = "APP" }))!["userName"]!);
        await _server.AdminAsync("user/disable", new() { ["name"] = "APP" });
        Assert.Contains("InvalidAccessKeyId", (await CallAsync(Parameters(), "GET")).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("arn:sts::1000000000000001:assumed-role/UPLOADER/session-1", true)]
    [InlineData("arn:sts::1000000000000001:assumed-role/uploader/sess*", true)]
    [InlineData("arn:sts::1000000000000001:assumed-role/uploader/Session-1", false)]
    public async Task A_bucket_policy_names_roles_without_case_and_sessions_as_they_are(string principal, bool isMeant)
    {
        var grant = await AssumeAsync();
        var policy = $$"""{"Version":"1","Statement":[{"Effect":"Allow","Principal":["{{principal}}"],"Action":"oss:ListObjects","Resource":"acs:oss:*:*:uploads"}]}""";
        (await _server.SendAsync("PUT", "uploads", by: AccessServer.Root, query: "policy", content: Encoding.UTF8.GetBytes(policy))).Is(200);

        Assert.Equal(isMeant ? 200 : 403, (await _server.SendAsync("GET", "uploads", by: grant)).Status);
    }

    [Fact]
    public async Task A_trust_policy_may_ask_for_an_external_id()
    {
        var trust = Trust.Replace("]}}]}", "]},\"Condition\":{\"StringEquals\":{\"sts:ExternalId\":\"abc\"}}}]}", StringComparison.Ordinal);
        await _server.AdminAsync("role/trust", new() { ["name"] = "uploader", ["trust"] = trust });
        Assert.Contains("NoPermission", (await CallAsync(Parameters(), "GET")).Text, StringComparison.Ordinal);
        Assert.Equal(200, (await CallAsync(Parameters(("ExternalId", "abc")), "GET")).Status);
    }

    [Fact]
    public async Task A_call_that_was_seen_changed_or_signed_by_another_is_refused()
    {
        var parameters = Parameters();
        parameters["AccessKeyId"] = _app.AccessKeyId;
        parameters["Signature"] = Sign("GET", parameters, _app.Secret.Reveal());
        var query = Encode(parameters);
        Assert.Equal(200, (await _server.RawAsync("GET", $"/?{query}", [], null)).Status);
        Assert.Contains("SignatureNonceUsed", (await _server.RawAsync("GET", $"/?{query}", [], null)).Text, StringComparison.Ordinal);
        Assert.Contains("SignatureDoesNotMatch", (await _server.RawAsync("GET", $"/?{query.Replace("session-1", "session-2", StringComparison.Ordinal)}", [], null)).Text, StringComparison.Ordinal);
        Assert.Contains("SignatureDoesNotMatch", (await CallAsync(Parameters(), "GET", new(_app.AccessKeyId, new("wrong")))).Text, StringComparison.Ordinal);
        Assert.Contains("InvalidParameter", (await _server.RawAsync("GET", $"/?{query}&RoleSessionName=x2", [], null)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_service_also_answers_under_a_name_of_its_own_and_never_under_a_buckets()
    {
        var parameters = Parameters();
        parameters["AccessKeyId"] = _app.AccessKeyId;
        parameters["Signature"] = Sign("GET", parameters, _app.Secret.Reveal());
        Assert.Equal(200, (await _server.RawAsync("GET", $"/?{Encode(parameters)}", [new("Host", "sts.localhost")], null)).Status);
        (await _server.RawAsync("GET", "/?Action=AssumeRole", [new("Host", "uploads.localhost")], null)).Is(403, "AccessDenied");
    }

    [Fact]
    public async Task A_key_learns_whose_it_is()
    {
        var json = JsonNode.Parse((await CallAsync(Parameters(("Action", "GetCallerIdentity")), "GET")).Text)!;
        Assert.Equal("1000000000000001", (string)json["AccountId"]!);
        Assert.Equal("acs:ram::1000000000000001:user/app", (string)json["Arn"]!);
    }

    async Task<Credential> AssumeAsync(params (string Name, string Value)[] more) => await AssumeAsync("GET", more);

    async Task<Credential> AssumeAsync(string method, params (string Name, string Value)[] more)
    {
        var reply = await CallAsync(Parameters(more), method);
        Assert.True(reply.Status == 200, reply.Text);
        return GrantOf(reply);
    }

    static Credential GrantOf(Reply reply)
    {
        var credentials = JsonNode.Parse(reply.Text)!["Credentials"]!;
        return new(
            (string)credentials["AccessKeyId"]!, new AccessKeySecret((string)credentials["AccessKeySecret"]!), (string)credentials["SecurityToken"]!);
    }

    SortedDictionary<string, string> Parameters(params (string Name, string Value)[] more)
    {
        var parameters = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["Action"] = "AssumeRole",
            ["Format"] = "JSON",
            ["Version"] = "2015-04-01",
            ["SignatureMethod"] = "HMAC-SHA1",
            ["SignatureVersion"] = "1.0",
            ["Timestamp"] = _time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
            ["SignatureNonce"] = $"nonce-{_nonce++}",
            ["RoleArn"] = RoleArn,
            ["RoleSessionName"] = "session-1",
        };
        foreach (var (name, value) in more)
        {
            parameters[name] = value;
        }

        return parameters;
    }

    async Task<Reply> CallAsync(SortedDictionary<string, string> parameters, string method, Credential? by = null, string? host = null)
    {
        KeyValuePair<string, string>[] headers = host is null ? [] : [new("Host", host)];
        by ??= _app;
        parameters.TryAdd("AccessKeyId", by.AccessKeyId);
        parameters["Signature"] = Sign(method, parameters, by.Secret.Reveal());
        var form = Encode(parameters);
        return method == "GET"
            ? await _server.RawAsync("GET", $"/?{form}", headers, null)
            : await _server.RawAsync("POST", "/", [.. headers, new("Content-Type", "application/x-www-form-urlencoded")], Encoding.ASCII.GetBytes(form));
    }

    // The published algorithm, written without any of the product's code.
    static string Sign(string method, SortedDictionary<string, string> parameters, string secret)
    {
        static string Pct(string text) => Uri.EscapeDataString(text);
        var query = string.Join('&', parameters.Where(pair => pair.Key != "Signature").Select(pair => $"{Pct(pair.Key)}={Pct(pair.Value)}"));
        var text = $"{method}&%2F&{Pct(query)}";
        return Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(secret + "&"), Encoding.UTF8.GetBytes(text)));
    }

    static string Encode(SortedDictionary<string, string> parameters) =>
        string.Join('&', parameters.Select(pair => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(pair.Value)}"));

    async Task<Reply> CallV3Async(
        Credential by, string signed = "content-type;host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version")
    {
        var body = $"RoleArn={Uri.EscapeDataString(RoleArn)}&RoleSessionName=session-1";
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(body)));
        var headers = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["content-type"] = "application/x-www-form-urlencoded",
            ["host"] = _server.Address.Authority,
            ["x-acs-action"] = "AssumeRole",
            ["x-acs-content-sha256"] = hash,
            ["x-acs-date"] = _time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
            ["x-acs-signature-nonce"] = $"nonce-{_nonce++}",
            ["x-acs-version"] = "2015-04-01",
        };
        var lines = string.Concat(signed.Split(';').Select(name => $"{name}:{headers[name]}\n"));
        var canonical = $"POST\n/\n\n{lines}\n{signed}\n{hash}";
        var text = $"ACS3-HMAC-SHA256\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(by.Secret.Reveal()), Encoding.UTF8.GetBytes(text)));
        headers["Authorization"] = $"ACS3-HMAC-SHA256 Credential={by.AccessKeyId},SignedHeaders={signed},Signature={signature}";
        return await _server.RawAsync("POST", "/", headers, Encoding.ASCII.GetBytes(body));
    }
}
