using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Moss.Protocol.Signing;
using Moss.Server.Tests.AccessControl;
using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.PostObject;

/// <summary>Uploads by form, over the wire.</summary>
public sealed class PostObjectTests : IAsyncLifetime
{
    static readonly byte[] Content = "hello, form"u8.ToArray();

    // That of the published vectors, so that their policy's day is today.
    readonly ManualTime _time = new(new(2029, 12, 31, 0, 0, 0, TimeSpan.Zero));
    AccessServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await AccessServer.StartAsync(time: _time);
        (await _server.SendAsync("PUT", "photos", by: AccessServer.Root)).Is(200);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task The_published_vectors_verify()
    {
        await using var server = await AccessServer.StartAsync(options => options with { Root = new("ak", new("sk")) }, _time);
        (await server.SendAsync("PUT", "examplebucket", by: new("ak", new("sk")))).Is(200);
        const string V1 = "eyJleHBpcmF0aW9uIjoiMjAzMC0wMS0wMVQwMDowMDowMC4wMDBaIiwiY29uZGl0aW9ucyI6W3siYnVja2V0IjoiZXhhbXBsZWJ1Y2tldCJ9LFsic3RhcnRzLXdpdGgiLCIka2V5IiwidXNlci8iXSxbImNvbnRlbnQtbGVuZ3RoLXJhbmdlIiwwLDEwNDg1NzZdXX0=";
        (await new Form().Field("key", "user/a").Field("OSSAccessKeyId", "ak").Field("policy", V1).Field("Signature", "7Zmvxngx0jE5B+3CnCNrDh+VlBs=").File(Content).PostAsync(server, "examplebucket")).Is(204);

        const string Credential = "ak/20291231/cn-hangzhou/oss/aliyun_v4_request", Date = "20291231T000000Z", Version = "OSS4-HMAC-SHA256";
        var v4 = Encode($$"""{"expiration":"2030-01-01T00:00:00.000Z","conditions":[{"bucket":"examplebucket"},{"x-oss-signature-version":"{{Version}}"},{"x-oss-credential":"{{Credential}}"},{"x-oss-date":"{{Date}}"},["content-length-range",0,1048576]]}""");
        (await new Form().Field("key", "user/b").Field("policy", v4).Field("x-oss-signature-version", Version).Field("x-oss-credential", Credential)
            .Field("x-oss-date", Date).Field("x-oss-signature", "543b292b535c084a6bb1d8da285d60a182a1b36a21ef5226d2274a5e237050ce").File(Content).PostAsync(server, "examplebucket")).Is(204);
    }

    [Fact]
    public async Task A_form_with_a_preamble_may_come_byte_by_byte()
    {
        byte[] form = [.. "before\r\n"u8, .. Signed(AccessServer.Root, SignatureVersion.V4).Field("key", "bytes").File(Content).Bytes()];
        await using var connection = await RawConnection.OpenAsync(new(IPAddress.Loopback, _server.Address.Port));
        await connection.SendAsync(
            $"POST /photos/ HTTP/1.1\r\nHost: {_server.Address.Authority}\r\nContent-Type: {Form.ContentType}\r\nContent-Length: {form.Length}\r\n\r\n");
        for (var at = 0; at < form.Length; at++)
        {
            await connection.SendAsync(form.AsMemory(at, 1));
            if (at % 16 == 0)
            {
                await Task.Delay(1, TestContext.Current.CancellationToken);
            }
        }

        Assert.Equal(204, (await connection.ReadAsync()).Status);
        Assert.Equal(Content, (await _server.SendAsync("GET", "photos", "bytes", AccessServer.Root)).Body);
    }

    [Theory]
    [InlineData(SignatureVersion.V1)]
    [InlineData(SignatureVersion.V2)]
    [InlineData(SignatureVersion.V4)]
    public async Task A_signed_form_stores_the_file_with_everything_the_form_says(SignatureVersion version)
    {
        var reply = await Signed(AccessServer.Root, version, """["starts-with","$key","user/"]""")
            .Field("key", "user/${filename}").Field("x-oss-meta-who", "me").Field("Cache-Control", "no-cache").Field("x-oss-storage-class", "IA")
            .Field("x-oss-tagging", "a=b").Field("x-oss-object-acl", "public-read").Field("submit", "Upload").File(Content).PostAsync(_server, "photos");

        reply.Is(204);
        Assert.Equal($"\"{Convert.ToHexString(MD5.HashData(Content))}\"", reply.Header("ETag"));
        Assert.NotNull(reply.Header("x-oss-hash-crc64ecma"));
        var stored = await _server.SendAsync("GET", "photos", "user/photo.jpg");
        stored.Is(200);
        Assert.Equal(Content, stored.Body);
        Assert.Equal(
            ("image/jpeg", "no-cache", "me", "IA", "1"),
            (stored.Header("Content-Type"), stored.Header("Cache-Control"), stored.Header("x-oss-meta-who"), stored.Header("x-oss-storage-class"), stored.Header("x-oss-tagging-count")));
    }

    [Fact]
    public async Task The_type_is_that_of_the_stronger_source()
    {
        async Task<string?> TypeAsync(Form form)
        {
            (await form.Field("key", "k").File(Content).PostAsync(_server, "photos")).Is(204);
            return (await _server.SendAsync("HEAD", "photos", "k", AccessServer.Root)).Header("Content-Type");
        }

        Assert.Equal("image/jpeg", await TypeAsync(Signed(AccessServer.Root)));
        Assert.Equal("text/plain", await TypeAsync(Signed(AccessServer.Root).Field("Content-Type", "text/plain")));
        Assert.Equal("text/html", await TypeAsync(Signed(AccessServer.Root).Field("Content-Type", "text/plain").Field("x-oss-content-type", "text/html")));
        (await Signed(AccessServer.Root).Field("key", "k").File(Content, type: null).PostAsync(_server, "photos")).Is(204);
        Assert.Equal("application/octet-stream", (await _server.SendAsync("HEAD", "photos", "k", AccessServer.Root)).Header("Content-Type"));
    }

    /// <summary>As at the public service. Whoever writes policies is told so in docs/security.md.</summary>
    [Fact]
    public async Task What_a_policy_does_not_name_is_free()
    {
        const string Pinned = """["eq","$content-type","text/plain"]""";
        Form Form(string conditions) => Signed(AccessServer.Root, conditions: conditions).Field("key", "k").Field("Content-Type", "text/plain").Field("x-oss-content-type", "text/html").File(Content);
        (await Form(Pinned).PostAsync(_server, "photos")).Is(204);
        Assert.Equal("text/html", (await _server.SendAsync("HEAD", "photos", "k", AccessServer.Root)).Header("Content-Type"));
        (await Form($$"""{{Pinned}},["eq","$x-oss-content-type","text/plain"]""").PostAsync(_server, "photos")).Is(403, "AccessDenied");
    }

    [Fact]
    public async Task The_form_says_what_is_answered()
    {
        (await Signed(AccessServer.Root).Field("key", "k").Field("success_action_status", "200").File(Content).PostAsync(_server, "photos")).Is(200);
        (await Signed(AccessServer.Root).Field("key", "k").Field("success_action_status", "999").File(Content).PostAsync(_server, "photos")).Is(204);

        var created = await Signed(AccessServer.Root).Field("key", "a b").Field("success_action_status", "201").File(Content).PostAsync(_server, "photos");
        created.Is(201);
        Assert.Equal(("photos", "a b", created.Header("ETag")), (created.Element("Bucket"), created.Element("Key"), created.Element("ETag")));
        Assert.Equal($"http://{_server.Address.Authority}/photos/a%20b", created.Element("Location"));

        var redirected = await Signed(AccessServer.Root).Field("key", "k").Field("success_action_redirect", "https://example.org/done?x=1").Field("success_action_status", "201")
            .File(Content).PostAsync(_server, "photos");
        redirected.Is(303);
        Assert.Equal("https://example.org/done?x=1", redirected.Header("Location"));
        var trick = await Signed(AccessServer.Root).Field("key", "k").Field("success_action_redirect", "https://example.org/\r\nSet-Cookie: a=b").File(Content).PostAsync(_server, "photos");
        Assert.Null(trick.Header("Set-Cookie"));
        Assert.Null((await Signed(AccessServer.Root).Field("key", "k").Field("success_action_redirect", "javascript:alert(1)").File(Content).PostAsync(_server, "photos")).Header("Location"));
    }

    [Fact]
    public async Task Nobody_posts_to_a_private_bucket_and_everybody_to_a_public_one()
    {
        (await new Form().Field("key", "k").File(Content).PostAsync(_server, "photos")).Is(403, "AccessDenied");
        (await _server.SendAsync("PUT", "photos", by: AccessServer.Root, query: "acl", headers: ("x-oss-acl", "public-read-write"))).Is(200);
        (await new Form().Field("key", "k").File(Content).PostAsync(_server, "photos")).Is(204);
    }

    [Fact]
    public async Task A_signature_of_the_header_or_the_url_counts_for_nothing()
    {
        var body = new Form().Field("key", "k").File(Content).Bytes();
        (await _server.SendAsync("POST", "photos", by: AccessServer.Root, content: body, type: Form.ContentType)).Is(403, "AccessDenied");
    }

    [Fact]
    public async Task A_user_posts_where_its_policy_lets_it_and_with_a_token_as_far_as_the_token_goes()
    {
        const string Put = """{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:PutObject","sts:AssumeRole"],"Resource":["acs:oss:*:*:photos/a/*","acs:ram:*:*:*"]}]}""";
        var alice = await _server.UserAsync("alice", Put);
        (await Signed(alice).Field("key", "a/k").File(Content).PostAsync(_server, "photos")).Is(204);
        (await Signed(alice).Field("key", "b/k").File(Content).PostAsync(_server, "photos")).Is(403, "AccessDenied");
        (await Signed(alice).Field("key", "a/k").Field("x-oss-tagging", "a=b").File(Content).PostAsync(_server, "photos")).Is(403, "AccessDenied");

        // The name of the file takes part in the decision.
        (await Signed(alice).Field("key", "${filename}").File(Content, "a").PostAsync(_server, "photos")).Is(403, "AccessDenied");
    }

    [Theory]
    [InlineData("wrong secret", 403, "SignatureDoesNotMatch")]
    [InlineData("unknown key", 403, "InvalidAccessKeyId")]
    [InlineData("no key", 400, "InvalidArgument")]
    [InlineData("no policy", 400, "InvalidArgument")]
    [InlineData("no signature", 400, "InvalidArgument")]
    [InlineData("no object key", 400, "InvalidArgument")]
    [InlineData("changed policy", 403, "SignatureDoesNotMatch")]
    [InlineData("expired", 403, "AccessDenied")]
    [InlineData("condition", 403, "AccessDenied")]
    [InlineData("too long", 400, "EntityTooLarge")]
    [InlineData("too short", 400, "EntityTooSmall")]
    [InlineData("bad digest", 400, "InvalidDigest")]
    [InlineData("slash key", 400, "InvalidObjectName")]
    [InlineData("two files", 400, "IncorrectNumberOfFilesInPOSTRequest")]
    [InlineData("no file", 400, "IncorrectNumberOfFilesInPOSTRequest")]
    [InlineData("cut off", 400, "MalformedPOSTRequest")]
    [InlineData("bad storage class", 400, "InvalidArgument")]
    public async Task A_form_that_is_refused_stores_nothing(string fault, int status, string code)
    {
        var policy = Encode("""{"expiration":"2030-01-01T00:00:00Z","conditions":[["starts-with","$key","k"],["content-length-range",5,20]]}""");
        var (id, secret) = (AccessServer.Root.AccessKeyId, AccessServer.Root.Secret.Reveal());
        policy = fault == "expired" ? Encode("""{"expiration":"2029-12-30T00:00:00Z","conditions":[]}""") : policy;
        var signature = Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(fault == "wrong secret" ? "x" : secret), Encoding.UTF8.GetBytes(policy)));
        var form = new Form();
        Add(form, "key", "k/1", fault is "no object key", fault switch { "condition" => "x", "slash key" => "k", _ => null });
        Add(form, "OSSAccessKeyId", id, fault is "no key", fault is "unknown key" ? "nobody" : null);
        Add(form, "policy", policy, fault is "no policy", fault is "changed policy" ? policy.Replace('k', 'l') : null);
        Add(form, "Signature", signature, fault is "no signature");
        Add(form, "Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA==", fault is not "bad digest");
        Add(form, "x-oss-storage-class", "Gold", fault is not "bad storage class");
        if (fault == "slash key")
        {
            form = Signed(AccessServer.Root).Field("key", "/k");
        }

        form = fault switch
        {
            "no file" => form,
            "two files" => form.File(Content).File(Content),
            "too long" => form.File(new byte[21]),
            "too short" => form.File(new byte[4]),
            _ => form.File(Content),
        };

        (await form.PostAsync(_server, "photos", isClosed: fault != "cut off")).Is(status, code);
        Assert.DoesNotContain("<Contents>", (await _server.SendAsync("GET", "photos", by: AccessServer.Root)).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x-oss-credential", "rootkey0000000001/20291231/cn-hangzhou/oss", 400, "0002-00000708")]
    [InlineData("x-oss-credential", "rootkey0000000001/20291230/cn-hangzhou/oss/aliyun_v4_request", 400, "0002-00000709")]
    [InlineData("x-oss-credential", "rootkey0000000001/20291231/cn-hangzhou/ecs/aliyun_v4_request", 400, "0002-00000710")]
    [InlineData("x-oss-date", "20291231", 400, "0002-00000709")]
    [InlineData("x-oss-signature-version", "OSS5", 400, null)]
    public async Task A_bad_scope_of_v4_is_refused_by_its_code(string name, string value, int status, string? ec)
    {
        var fields = V4Fields(AccessServer.Root, Encode("""{"expiration":"2030-01-01T00:00:00Z","conditions":[]}"""));
        fields[name] = value;
        var form = new Form().Field("key", "k");
        foreach (var (field, text) in fields)
        {
            form.Field(field, text);
        }

        var reply = await form.File(Content).PostAsync(_server, "photos");
        reply.Is(status, "InvalidArgument");
        Assert.Equal(ec, reply.Header("x-oss-ec"));
    }

    [Fact]
    public async Task A_v4_form_lives_seven_days()
    {
        var form = Signed(AccessServer.Root, SignatureVersion.V4, expiration: "2031-01-01T00:00:00Z").Field("key", "k").File(Content);
        _time.Advance(TimeSpan.FromDays(7) - TimeSpan.FromSeconds(1));
        (await form.PostAsync(_server, "photos")).Is(204);
        _time.Advance(TimeSpan.FromSeconds(2));
        (await form.PostAsync(_server, "photos")).Is(403, "AccessDenied");
    }

    [Fact]
    public async Task An_existing_object_is_kept_when_the_form_says_so()
    {
        (await Signed(AccessServer.Root).Field("key", "k").File(Content).PostAsync(_server, "photos")).Is(204);
        (await Signed(AccessServer.Root).Field("key", "k").Field("x-oss-forbid-overwrite", "true").File([1]).PostAsync(_server, "photos")).Is(409, "FileAlreadyExists");
        Assert.Equal(Content, (await _server.SendAsync("GET", "photos", "k", AccessServer.Root)).Body);
    }

    [Fact]
    public async Task A_field_cannot_pass_for_a_header_that_a_form_does_not_have()
    {
        (await Signed(AccessServer.Root).Field("key", "k").Field("x-oss-copy-source", "/photos/other").Field("x-oss-callback", "e30=").File(Content).PostAsync(_server, "photos")).Is(204);
        Assert.Equal(Content, (await _server.SendAsync("GET", "photos", "k", AccessServer.Root)).Body);
    }

    static void Add(Form form, string name, string value, bool isLeftOut, string? instead = null)
    {
        if (!isLeftOut)
        {
            form.Field(name, instead ?? value);
        }
    }

    Form Signed(Credential by, SignatureVersion version = SignatureVersion.V1, string conditions = "", string expiration = "2030-01-01T00:00:00Z")
    {
        var policy = Encode($$"""{"expiration":"{{expiration}}","conditions":[{{conditions}}]}""");
        var form = new Form();
        foreach (var (name, value) in version switch
        {
            SignatureVersion.V1 => V1Fields(by, policy),
            SignatureVersion.V2 => new()
            {
                ["x-oss-signature-version"] = "OSS2",
                ["x-oss-access-key-id"] = by.AccessKeyId,
                ["policy"] = policy,
                ["x-oss-signature"] = Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(by.Secret.Reveal()), Encoding.UTF8.GetBytes(policy))),
            },
            _ => V4Fields(by, policy),
        })
        {
            form.Field(name, value);
        }

        return form;
    }

    static Dictionary<string, string> V1Fields(Credential by, string policy) => new(StringComparer.Ordinal)
    {
        ["OSSAccessKeyId"] = by.AccessKeyId,
        ["policy"] = policy,
        ["Signature"] = Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(by.Secret.Reveal()), Encoding.UTF8.GetBytes(policy))),
        ["x-oss-security-token"] = by.SecurityToken ?? "",
    };

    Dictionary<string, string> V4Fields(Credential by, string policy)
    {
        var date = _time.GetUtcNow().ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var key = Encoding.UTF8.GetBytes($"aliyun_v4{by.Secret.Reveal()}");
        foreach (var part in (string[])[date[..8], "cn-hangzhou", "oss", "aliyun_v4_request"])
        {
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        }

        return new(StringComparer.Ordinal)
        {
            ["policy"] = policy,
            ["x-oss-signature-version"] = "OSS4-HMAC-SHA256",
            ["x-oss-credential"] = $"{by.AccessKeyId}/{date[..8]}/cn-hangzhou/oss/aliyun_v4_request",
            ["x-oss-date"] = date,
            ["x-oss-signature"] = Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(policy))),
        };
    }

    static string Encode(string json) => Convert.ToBase64String(Encoding.UTF8.GetBytes(json));
}
