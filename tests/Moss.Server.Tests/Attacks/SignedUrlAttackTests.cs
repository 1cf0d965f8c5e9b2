using System.Text;
using Moss.Protocol.Signing;
using Moss.Server.Tests.AccessControl;

namespace Moss.Server.Tests.Attacks;

/// <summary>Signed URLs and signatures that were changed, moved, mixed, kept too long, or made for another place: nobody gets in.</summary>
public sealed class SignedUrlAttackTests : IAsyncLifetime
{
    static readonly byte[] Secret = Encoding.ASCII.GetBytes("THE-SECRET-CONTENT");

    readonly ManualTime _time = new(DateTimeOffset.UnixEpoch.AddDays(20_000));
    AccessServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await AccessServer.StartAsync(options => options with { Region = "cn-hangzhou" }, _time);
        foreach (var bucket in new[] { "mine", "theirs" })
        {
            (await _server.SendAsync("PUT", bucket, by: AccessServer.Root)).Is(200);
            (await _server.SendAsync("PUT", bucket, "k", AccessServer.Root, content: Secret)).Is(200);
            (await _server.SendAsync("PUT", bucket, "other", AccessServer.Root, content: Secret)).Is(200);
        }

        (await _server.SendAsync("PUT", "open", by: AccessServer.Root, headers: ("x-oss-acl", "public-read"))).Is(200);
        (await _server.SendAsync("PUT", "open", "k", AccessServer.Root, content: Encoding.ASCII.GetBytes("public"))).Is(200);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData(SignatureVersion.V1)]
    [InlineData(SignatureVersion.V2)]
    [InlineData(SignatureVersion.V4)]
    public async Task A_url_opens_what_it_was_made_for_until_it_ends_and_nothing_else(SignatureVersion version)
    {
        var query = Presign(version, "GET", "mine", "k");
        Assert.Equal(Secret, (await GetAsync($"/mine/k?{query}")).Body);
        Assert.Equal(Secret, (await GetAsync($"/mine/k?{query}")).Body);

        await RefusedAsync($"/mine/other?{query}");
        await RefusedAsync($"/theirs/k?{query}");
        await RefusedAsync($"/mine/k%00?{query}");
        await RefusedAsync($"/mine/K?{query}");
        await RefusedAsync($"/mine/?{query}");
        await RefusedAsync($"/?{query}");
        foreach (var method in new[] { "PUT", "POST", "DELETE" })
        {
            Assert.InRange((await _server.RawAsync(method, $"/mine/k?{query}", [], method == "DELETE" ? null : [1])).Status, 400, 405);
        }

        // Whatever has an effect is covered.
        foreach (var added in new[] { "acl", "tagging", "versionId=null", "response-content-type=text%2Fhtml", "x-oss-process=image%2Finfo", "uploads", "symlink" })
        {
            await RefusedAsync($"/mine/k?{query}&{added}");
            await RefusedAsync($"/mine/k?{added}&{query}");
        }

        _time.Advance(TimeSpan.FromMinutes(11));
        await RefusedAsync($"/mine/k?{query}");
        Assert.Equal(Secret, (await _server.SendAsync("GET", "mine", "k", AccessServer.Root)).Body);
    }

    [Theory]
    [InlineData(SignatureVersion.V1)]
    [InlineData(SignatureVersion.V2)]
    [InlineData(SignatureVersion.V4)]
    public async Task Every_parameter_of_a_url_counts(SignatureVersion version)
    {
        var pairs = Presign(version, "GET", "mine", "k").Split('&');
        for (var i = 0; i < pairs.Length; i++)
        {
            // Left out, longer, shorter, of another case, and given again before the right one.
            var (name, value) = (pairs[i].Split('=')[0], pairs[i].Split('=')[1]);
            await RefusedAsync($"/mine/k?{string.Join('&', pairs.Where((_, index) => index != i))}");
            foreach (var changed in new[] { $"{name}={value}0", $"{name}={value[..^1]}", $"{name}=", $"{name.ToUpperInvariant()}={value}" }.Where(text => text != pairs[i]))
            {
                await RefusedAsync($"/mine/k?{string.Join('&', pairs.Select((pair, index) => index == i ? changed : pair))}");
            }

            await RefusedAsync($"/mine/k?{name}=0&{string.Join('&', pairs)}");
        }
    }

    [Theory]
    [InlineData(SignatureVersion.V1)]
    [InlineData(SignatureVersion.V2)]
    [InlineData(SignatureVersion.V4)]
    public async Task A_clock_may_be_off_by_a_quarter_of_an_hour_and_no_more(SignatureVersion version)
    {
        foreach (var (minutes, isIn) in new[] { (-14, true), (14, true), (-16, false), (16, false), (-525_600, false), (525_600, false) })
        {
            var headers = new Signer(AccessServer.Root, new() { Version = version, Region = "cn-hangzhou" })
                .Sign(SignableRequest.ToSend("GET", "mine", "k", [], []), _time.GetUtcNow().AddMinutes(minutes));
            var reply = await _server.RawAsync("GET", "/mine/k", headers, null);
            reply.IsOrRefuses(isIn, "RequestTimeTooSkewed");
        }
    }

    [Fact]
    public async Task A_v4_url_is_neither_from_the_future_nor_for_ever()
    {
        foreach (var (start, seconds) in new[] { (TimeSpan.FromHours(1), 600), (TimeSpan.Zero, 604_801), (TimeSpan.Zero, 0), (TimeSpan.FromDays(-30), 600) })
        {
            var signer = new Signer(AccessServer.Root, new() { Version = SignatureVersion.V4, Region = "cn-hangzhou" });
            var query = signer.Presign(SignableRequest.ToSend("GET", "mine", "k", [], []), _time.GetUtcNow() + start, TimeSpan.FromSeconds(600))
                .Replace("x-oss-expires=600", $"x-oss-expires={seconds}", StringComparison.Ordinal);
            await RefusedAsync($"/mine/k?{query}");
        }
    }

    [Theory]
    [InlineData("cn-shanghai", "oss")]
    [InlineData("CN-HANGZHOU", "oss")]
    [InlineData("cn-hangzhou", "ecs")]
    public async Task A_signature_for_another_region_or_product_is_refused(string region, string product)
    {
        var signer = new Signer(AccessServer.Root, new() { Version = SignatureVersion.V4, Region = region, Product = product });
        var request = SignableRequest.ToSend("GET", "mine", "k", [], []);
        await RefusedAsync("/mine/k", signer.Sign(request, _time.GetUtcNow()));
        await RefusedAsync($"/mine/k?{signer.Presign(request, _time.GetUtcNow(), TimeSpan.FromMinutes(5))}");
    }

    [Fact]
    public async Task Of_signatures_in_two_places_none_helps_the_other()
    {
        var stranger = new Credential(AccessServer.Root.AccessKeyId, new AccessKeySecret("guess"));
        foreach (var inHeader in Enum.GetValues<SignatureVersion>())
        {
            foreach (var inQuery in Enum.GetValues<SignatureVersion>())
            {
                // One of the two is right, the other is not, and each signs the request as it would be alone.
                foreach (var isHeaderGood in new[] { true, false })
                {
                    var request = SignableRequest.ToSend("GET", "mine", "k", [], []);
                    var headers = new Signer(isHeaderGood ? AccessServer.Root : stranger, new() { Version = inHeader, Region = "cn-hangzhou" }).Sign(request, _time.GetUtcNow());
                    var query = new Signer(isHeaderGood ? stranger : AccessServer.Root, new() { Version = inQuery, Region = "cn-hangzhou" })
                        .Presign(request, _time.GetUtcNow(), TimeSpan.FromMinutes(5));
                    var reply = await _server.RawAsync("GET", $"/mine/k?{query}", headers, null);
                    Assert.True(reply.Status is 400 or 403, $"{inHeader} {inQuery} {isHeaderGood}: {reply.Status} {reply.Text}");
                }
            }
        }
    }

    [Fact]
    public async Task Two_authorizations_are_not_one()
    {
        var headers = new Signer(AccessServer.Root, new() { Version = SignatureVersion.V4, Region = "cn-hangzhou" })
            .Sign(SignableRequest.ToSend("GET", "mine", "k", [], []), _time.GetUtcNow()).ToList();
        var bad = new Signer(new(AccessServer.Root.AccessKeyId, new AccessKeySecret("guess")), new() { Version = SignatureVersion.V4, Region = "cn-hangzhou" })
            .Sign(SignableRequest.ToSend("GET", "mine", "k", [], []), _time.GetUtcNow()).Single(header => header.Key == "Authorization");
        await RefusedAsync("/mine/k", [bad, .. headers]);
    }

    /// <summary>The bucket that is asked and the one that is judged are the same one, however they are written.</summary>
    [Theory]
    [InlineData("/open/../mine/k", null)]
    [InlineData("/open/%2e%2e/mine/k", null)]
    [InlineData("/open/..%2fmine/k", null)]
    [InlineData("/open%2f..%2fmine/k", null)]
    [InlineData("//mine/k", null)]
    [InlineData("/./mine/k", null)]
    [InlineData("/%6dine/k", null)]
    [InlineData("/mine%2fk", null)]
    [InlineData("/mine/k", "open.localhost")]
    [InlineData("/mine/k?bucket=open", null)]
    [InlineData("/k", "mine.localhost")]
    [InlineData("/k", "MINE.LOCALHOST")]
    [InlineData("/k", "mine.localhost.")]
    [InlineData("/k", "mine.oss-cn-hangzhou.aliyuncs.com")]
    [InlineData("/open/k/../../mine/k", "localhost")]
    [InlineData("/../mine/k", "open.localhost")]
    public async Task No_way_of_writing_a_path_or_a_host_leads_a_stranger_in(string target, string? host)
    {
        var connection = await Support.RawConnection.OpenAsync(System.Net.IPEndPoint.Parse(_server.Address.Authority));
        await using (connection)
        {
            await connection.SendAsync(
                $"GET {target} HTTP/1.1\r\nHost: {host ?? "127.0.0.1"}\r\nX-Forwarded-Host: mine.localhost\r\nX-Original-URL: /mine/k\r\nX-HTTP-Method-Override: PUT\r\n\r\n");
            var answer = await connection.ReadAsync();
            Assert.InRange(answer.Status, 400, 404);
            Assert.DoesNotContain("THE-SECRET", answer.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_copy_cannot_read_what_its_caller_cannot()
    {
        const string OnlyOpen = """{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:*","Resource":["acs:oss:*:*:open","acs:oss:*:*:open/*"]}]}""";
        var user = await _server.UserAsync("copier", OnlyOpen);
        foreach (var source in new[] { "/mine/k", "mine/k", "/open/../mine/k", "/%6dine/k", "/mine%2Fk", "/open%2F..%2Fmine%2Fk", "//mine/k" })
        {
            var reply = await _server.SendAsync("PUT", "open", "copy", user, headers: ("x-oss-copy-source", source));
            Assert.InRange(reply.Status, 400, 404);
        }

        (await _server.SendAsync("HEAD", "open", "copy", AccessServer.Root)).Is(404);
    }

    [Fact]
    public async Task The_token_service_bounds_what_it_reads()
    {
        KeyValuePair<string, string>[] form = [new("Content-Type", "application/x-www-form-urlencoded")];
        foreach (var body in new[] { $"Action=AssumeRole&Policy={new string('x', 100_000)}", string.Join('&', Enumerable.Range(0, 5000).Select(i => $"p{i}=v")), "Action=AssumeRole&Action=AssumeRole", "%zz=%zz" })
        {
            var reply = await _server.RawAsync("POST", "/", form, Encoding.ASCII.GetBytes(body));
            Assert.InRange(reply.Status, 400, 404);
        }
    }

    string Presign(SignatureVersion version, string method, string bucket, string key) =>
        new Signer(AccessServer.Root, new() { Version = version, Region = "cn-hangzhou" })
            .Presign(SignableRequest.ToSend(method, bucket, key, [], []), _time.GetUtcNow(), TimeSpan.FromMinutes(10));

    Task<Reply> GetAsync(string target) => _server.RawAsync("GET", target, [], null);

    async Task RefusedAsync(string target, IEnumerable<KeyValuePair<string, string>>? headers = null)
    {
        var reply = await _server.RawAsync("GET", target, headers ?? [], null);
        Assert.True(reply.Status is >= 400 and < 500, $"{target}: {reply.Status} {reply.Text}");
        Assert.DoesNotContain("THE-SECRET", reply.Text, StringComparison.Ordinal);
    }
}

static class ReplyExpectations
{
    public static void IsOrRefuses(this Reply reply, bool isIn, string code) =>
        Assert.True(isIn ? reply.Status == 200 : reply.Status == 403 && reply.Code == code, $"{reply.Status} {reply.Text}");
}
