using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Moss.Server.Tests.AccessControl;
using Moss.Server.Tests.PostObject;

namespace Moss.Server.Tests.Callbacks;

/// <summary>Callbacks of uploads, over the wire, to a receiver that looks at every byte.</summary>
public sealed class CallbackTests : IAsyncLifetime
{
    static readonly byte[] Content = "hello"u8.ToArray();

    readonly Receiver _receiver = new();
    AccessServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await AccessServer.StartAsync(options => options with { CallbackAllow = ["127.0.0.0/8"] });
        (await _server.SendAsync("PUT", "photos", by: AccessServer.Root)).Is(200);
    }

    public async ValueTask DisposeAsync()
    {
        await _receiver.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task The_request_is_that_of_the_documentation_and_its_signature_verifies_as_published()
    {
        var reply = await PutAsync(
            Config("/call%20back?id=1&index=2", "bucket=${bucket}&object=${object}&etag=${etag}&size=${size}&mimeType=${mimeType}&x=${x:var1}&none=${nothing}&op=${operation}"),
            Encode("""{"x:var1":"a b&c"}"""),
            "dir/a b.txt",
            "text/plain");

        reply.Is(200);
        Assert.Equal("{\"Status\":\"OK\"}", reply.Text);
        Assert.Equal("application/json", reply.Header("Content-Type"));
        Assert.Equal("\"5D41402ABC4B2A76B9719D911017C592\"", reply.Header("ETag"));
        Assert.NotNull(reply.Header("x-oss-hash-crc64ecma"));
        var request = Assert.Single(_receiver.Requests);
        Assert.Equal("POST /call%20back?id=1&index=2 HTTP/1.1", request.Line);
        Assert.Equal(
            "bucket=photos&object=dir%2Fa%20b.txt&etag=5D41402ABC4B2A76B9719D911017C592&size=5&mimeType=text%2Fplain&x=a%20b%26c&none=&op=PutObject", request.Text);
        Assert.Equal($"127.0.0.1:{_receiver.Port}", request.Headers["Host"]);
        Assert.Equal("close", request.Headers["Connection"]);
        Assert.Equal("application/x-www-form-urlencoded", request.Headers["Content-Type"]);
        Assert.Equal(Convert.ToBase64String(MD5.HashData(request.Body)), request.Headers["Content-MD5"]);
        Assert.Equal("aliyun-oss-callback", request.Headers["User-Agent"]);
        Assert.Equal(("photos", "1000000000000001", "1.0", "CALLBACK"), (request.Headers["x-oss-bucket"], request.Headers["x-oss-requester"], request.Headers["x-oss-signature-version"], request.Headers["x-oss-tag"]));
        Assert.Equal(reply.Header("x-oss-request-id"), request.Headers["x-oss-request-id"]);
        await VerifyAsync(request);
    }

    [Fact]
    public async Task A_json_body_gets_quoted_texts_and_plain_numbers()
    {
        var template = "{\"bucket\":${bucket},\"object\":${object},\"size\":${size},\"crc\":${crc64},\"md5\":${contentMd5},\"v\":${x:v},\"ip\":${clientIp},\"id\":${reqId},\"h\":${imageInfo.height}}";
        var reply = await PutAsync(Config("/", template, type: "application/json"), Encode("""{"x:v":"say \"hi\" ä"}"""), "a\"b");

        reply.Is(200);
        var json = JsonNode.Parse(Assert.Single(_receiver.Requests).Text)!;
        Assert.Equal(("photos", "a\"b", 5, "say \"hi\" ä", "127.0.0.1"), ((string)json["bucket"]!, (string)json["object"]!, (int)json["size"]!, (string)json["v"]!, (string)json["ip"]!));
        Assert.Equal((reply.Header("x-oss-hash-crc64ecma"), "XUFAKrxLKna5cZ2REBfFkg==", reply.Header("x-oss-request-id"), ""), ((string)json["crc"]!, (string)json["md5"]!, (string)json["id"]!, (string)json["h"]!));
    }

    [Fact]
    public async Task Images_are_measured_when_the_template_asks()
    {
        // 1 x 2 pixels, as far as its header goes.
        byte[] png = [0x89, .. "PNG\r\n\x1a\n"u8, 0, 0, 0, 13, .. "IHDR"u8, 0, 0, 0, 1, 0, 0, 0, 2, 8, 2, 0, 0, 0];
        (await _server.SendAsync(
            "PUT", "photos", "p.png", AccessServer.Root, content: png,
            headers: ("x-oss-callback", Config("/", "${imageInfo.format},${imageInfo.width},${imageInfo.height}")))).Is(200);
        Assert.Equal("png,1,2", Assert.Single(_receiver.Requests).Text);
    }

    [Fact]
    public async Task The_query_carries_a_callback_as_well_and_both_carriers_are_one_too_many()
    {
        var query = $"callback={Uri.EscapeDataString(Config("/", "size=${size}&v=${x:v}"))}&callback-var={Uri.EscapeDataString(Encode("""{"x:v":"1"}"""))}";
        (await _server.SendAsync("PUT", "photos", "k", AccessServer.Root, query, Content)).Is(200);
        Assert.Equal("size=5&v=1", Assert.Single(_receiver.Requests).Text);

        var both = await _server.SendAsync("PUT", "photos", "k2", AccessServer.Root, query, Content, headers: ("x-oss-callback", Config("/", "x")));
        both.Is(400, "InvalidArgument");
        Assert.StartsWith("Either the callback query string parameter", both.Message, StringComparison.Ordinal);
        (await _server.SendAsync("HEAD", "photos", "k2", AccessServer.Root)).Is(404);
    }

    [Fact]
    public async Task Complete_answers_with_the_callbacks_answer_and_the_size_of_the_whole()
    {
        var id = (await _server.SendAsync("POST", "photos", "big", AccessServer.Root, query: "uploads")).Element("UploadId");
        var first = new byte[102_400];
        var parts = new List<string>();
        foreach (var (number, body) in new[] { (1, first), (2, Content) })
        {
            var part = await _server.SendAsync("PUT", "photos", "big", AccessServer.Root, query: $"partNumber={number}&uploadId={id}", content: body);
            parts.Add($"<Part><PartNumber>{number}</PartNumber><ETag>{part.Header("ETag")}</ETag></Part>");
        }

        var complete = await _server.SendAsync(
            "POST", "photos", "big", AccessServer.Root, query: $"uploadId={id}", content: Encoding.UTF8.GetBytes($"<CompleteMultipartUpload>{string.Concat(parts)}</CompleteMultipartUpload>"),
            headers: ("x-oss-callback", Config("/", "size=${size}&op=${operation}&md5=${contentMd5}")));

        complete.Is(200);
        Assert.Equal("{\"Status\":\"OK\"}", complete.Text);
        Assert.Equal("size=102405&op=CompleteMultipartUpload&md5=", Assert.Single(_receiver.Requests).Text);
    }

    [Fact]
    public async Task A_form_carries_a_callback_and_its_variables_in_fields()
    {
        var policy = Encode("""{"expiration":"2099-01-01T00:00:00Z","conditions":[]}""");
        var signature = Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(AccessServer.Root.Secret.Reveal()), Encoding.UTF8.GetBytes(policy)));
        var reply = await new Form().Field("key", "k").Field("OSSAccessKeyId", AccessServer.Root.AccessKeyId).Field("policy", policy).Field("Signature", signature)
            .Field("callback", Config("/", "object=${object}&v=${x:v}&op=${operation}")).Field("x:v", "1").Field("success_action_status", "201").File(Content).PostAsync(_server, "photos");

        reply.Is(200);
        Assert.Equal("object=k&v=1&op=PostObject", Assert.Single(_receiver.Requests).Text);
    }

    [Theory]
    [InlineData("not json", "Response body is not valid json format.")]
    [InlineData("", "Response body is not valid json format.")]
    [InlineData("\uFEFF{}", "Response body is not valid json format.")]
    public async Task An_answer_that_is_no_json_fails_and_the_object_stays(string body, string message)
    {
        _receiver.Answer = Receiver.Response(body);
        await FailsAsync(message, "0007-00000203");
    }

    [Theory]
    [InlineData("301 Moved\r\nLocation: http://127.0.0.1/", "Error status : 301.")]
    [InlineData("404 Not Found", "Error status : 404.")]
    [InlineData("502 Bad Gateway", "Error status : 502.")]
    [InlineData("204 No Content", "Error status : 204.")]
    public async Task A_status_that_is_not_200_fails_and_redirects_are_not_followed(string status, string message)
    {
        _receiver.Answer = Receiver.Response("{}", status);
        await FailsAsync(message, "0007-00000203");
        Assert.Single(_receiver.Requests);
    }

    [Fact]
    public async Task An_answer_without_a_length_or_with_too_much_of_it_fails()
    {
        _receiver.Answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"u8.ToArray();
        await FailsAsync("Error Status : 400.User server return too long content-length value", "0007-00000203");
        _receiver.Answer = "HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n"u8.ToArray();
        await FailsAsync("Error Status : 400.User server return too long content-length value", "0007-00000203");
        _receiver.Answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}"u8.ToArray();
        await FailsAsync("Error Status : -1.OSS can not connect to your callbackUrl, please check it", "0007-00000203");
        _receiver.Answer = Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nX: {new string('x', 64 * 1024)}\r\nContent-Length: 2\r\n\r\n{{}}");
        await FailsAsync("Error Status : -1.OSS can not connect to your callbackUrl, please check it", "0007-00000203");
    }

    [Fact]
    public async Task A_server_that_does_not_answer_fails_after_five_seconds()
    {
        _receiver.Answer = null;
        await FailsAsync("Cost too long time", "0007-00000202");
    }

    [Fact]
    public async Task The_urls_are_tried_in_their_order()
    {
        await using var broken = new Receiver { Answer = Receiver.Response("{}", "500 Oops") };
        var urls = $"http://127.0.0.1:1/;{broken.Url}/;{_receiver.Url}/a;{_receiver.Url}/b";
        (await PutAsync(Config(urls, "x", isWhole: true))).Is(200);
        Assert.Single(broken.Requests);
        Assert.Equal("/a", Assert.Single(_receiver.Requests).Target);
    }

    [Fact]
    public async Task An_answer_in_xml_is_passed_on_as_xml()
    {
        _receiver.Answer = Receiver.Response("<ok/>", type: "application/xml");
        var reply = await PutAsync(Config("/", "x"));
        reply.Is(200);
        Assert.Equal(("application/xml", "<ok/>"), (reply.Header("Content-Type"), reply.Text));
        _receiver.Answer = Receiver.Response("<!DOCTYPE x [<!ENTITY a \"b\">]><x>&a;</x>", type: "application/xml");
        await FailsAsync("Response body is not valid xml format.", "0007-00000203");
    }

    [Theory]
    [InlineData("?", "The callback configuration is not base64 encoded.")]
    [InlineData("W10=", "The callback configuration is not json format.")]
    [InlineData("eA==", "The callback configuration is not json format.")]
    public async Task A_configuration_that_cannot_be_read_is_refused_and_nothing_stored(string config, string message) => await RefusedAsync(config, null, message);

    [Theory]
    [InlineData("""{"callbackBody":"x"}""", "The callback url configuration is invalid.")]
    [InlineData("""{"callbackUrl":"ftp://a/","callbackBody":"x"}""", "The callback url configuration is invalid.")]
    [InlineData("""{"callbackUrl":"http://[::1]/","callbackBody":"x"}""", "The callback url configuration is invalid.")]
    [InlineData("""{"callbackUrl":"http://u:p@a/","callbackBody":"x"}""", "The callback url configuration is invalid.")]
    [InlineData("""{"callbackUrl":"http://a/ b","callbackBody":"x"}""", "The callback url configuration is invalid.")]
    [InlineData("""{"callbackUrl":"http://a/\r\nX: y","callbackBody":"x"}""", "The callback url configuration is invalid.")]
    [InlineData("""{"callbackUrl":"a;b;c;d;e;f","callbackBody":"x"}""", "The number of callback url exceed max value.")]
    [InlineData("""{"callbackUrl":"a","callbackHost":"h/x","callbackBody":"x"}""", "The callback host configuration is invalid.")]
    [InlineData("""{"callbackUrl":"a","callbackHost":"h\r\nX: y","callbackBody":"x"}""", "The callback host configuration is invalid.")]
    [InlineData("""{"callbackUrl":"a","callbackBody":""}""", "The callback body is empty.")]
    [InlineData("""{"callbackUrl":"a","callbackBody":"x","callbackBodyType":"text/plain"}""", "The callback body type configuration is invalid.")]
    [InlineData("""{"callbackUrl":"http://10.0.0.1/","callbackBody":"x"}""", "Private address is forbidden to callback.")]
    [InlineData("""{"callbackUrl":"http://169.254.169.254/latest/","callbackBody":"x"}""", "Private address is forbidden to callback.")]
    [InlineData("""{"callbackUrl":"http://0x0a000001/","callbackBody":"x"}""", "Private address is forbidden to callback.")]
    [InlineData("""{"callbackUrl":"http://167772161/","callbackBody":"x"}""", "Private address is forbidden to callback.")]
    public async Task A_bad_configuration_is_refused_with_its_message(string json, string message) => await RefusedAsync(Encode(json), null, message);

    [Theory]
    [InlineData("""{"v":"1"}""")]
    [InlineData("""{"x:V":"1"}""")]
    [InlineData("""{"x:v":{}}""")]
    [InlineData("""[]""")]
    public async Task Bad_variables_are_refused(string json) => await RefusedAsync(Config("/", "x"), Encode(json), "The callback var is not expecten json.");

    [Fact]
    public async Task Long_values_are_refused()
    {
        await RefusedAsync(Config("/", new string('x', 5000)), null, "The length of callback exceed max value.");
        await RefusedAsync(Config("/", "x"), Encode($$"""{"x:v":"{{new string('x', 5000)}}"}"""), "The length of callback var exceed max value.");
    }

    [Fact]
    public async Task Without_leave_of_the_operator_neither_an_address_nor_a_name_leads_inside()
    {
        await using var server = await AccessServer.StartAsync();
        (await server.SendAsync("PUT", "photos", by: AccessServer.Root)).Is(200);
        async Task<Reply> PutToAsync(string url) => await server.SendAsync(
            "PUT", "photos", "k", AccessServer.Root, content: Content, headers: ("x-oss-callback", Config(url, "x", isWhole: true)));

        var literal = await PutToAsync(_receiver.Url);
        literal.Is(400, "InvalidArgument");
        Assert.Equal("Private address is forbidden to callback.", literal.Message);
        (await server.SendAsync("HEAD", "photos", "k", AccessServer.Root)).Is(404);

        var name = await PutToAsync($"http://localhost:{_receiver.Port}/");
        name.Is(203, "CallbackFailed");
        Assert.Equal("Private address is forbidden to callback.", name.Message);
        Assert.Empty(_receiver.Requests);
        (await server.SendAsync("HEAD", "photos", "k", AccessServer.Root)).Is(200);
    }

    [Fact]
    public async Task The_key_is_the_servers_own_and_stays_the_same()
    {
        var directory = Directory.CreateTempSubdirectory("moss-callback-").FullName;
        var keys = new List<string>();
        for (var start = 0; start < 2; start++)
        {
            await using var server = await AccessServer.StartAsync(options => options with { DataDirectory = directory, Metadata = "sqlite" });
            keys.Add((await server.RawAsync("GET", "/-/callback-key.pem", [], null)).Text);
        }

        Assert.StartsWith("-----BEGIN PUBLIC KEY-----", keys[0], StringComparison.Ordinal);
        Assert.Equal(keys[0], keys[1]);
        using var rsa = RSA.Create(2048);
        await using var given = await AccessServer.StartAsync(options => options with { CallbackKeyPem = new(rsa.ExportRSAPrivateKeyPem()) });
        Assert.Equal(rsa.ExportSubjectPublicKeyInfoPem().Trim(), (await given.RawAsync("GET", "/-/callback-key.pem", [], null)).Text.Trim());
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_not_trusted_and_the_name_is_sent_only_when_asked_for()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var made = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        using var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        await using var receiver = new Receiver(certificate);
        foreach (var sni in (bool[])[false, true])
        {
            var config = Encode($$"""{"callbackUrl":"https://localhost:{{receiver.Port}}/","callbackBody":"x","callbackSNI":{{(sni ? "true" : "false")}}}""");
            (await PutAsync(config)).Is(203, "CallbackFailed");
            Assert.Equal(sni ? "localhost" : "", receiver.ServerName ?? "");
        }

        Assert.DoesNotContain(receiver.Requests, received => received.Line.Length > 0);
    }

    async Task FailsAsync(string message, string ec)
    {
        var reply = await PutAsync(Config("/", "x"));
        reply.Is(203, "CallbackFailed");
        Assert.Equal((message, ec, ec), (reply.Message, reply.Element("EC"), reply.Header("x-oss-ec")));
        Assert.Equal("\"5D41402ABC4B2A76B9719D911017C592\"", reply.Header("ETag"));
        Assert.Equal("application/xml", reply.Header("Content-Type"));
        Assert.Equal(Content, (await _server.SendAsync("GET", "photos", "k", AccessServer.Root)).Body);
    }

    async Task RefusedAsync(string config, string? variables, string message)
    {
        var reply = await PutAsync(config, variables);
        reply.Is(400, "InvalidArgument");
        Assert.Equal((message, "callback"), (reply.Message, reply.Element("ArgumentName")));
        (await _server.SendAsync("HEAD", "photos", "k", AccessServer.Root)).Is(404);
        Assert.Empty(_receiver.Requests);
    }

    Task<Reply> PutAsync(string config, string? variables = null, string key = "k", string? type = null) => _server.SendAsync(
        "PUT", "photos", key, AccessServer.Root, content: Content, type: type,
        headers: variables is null ? [("x-oss-callback", config)] : [("x-oss-callback", config), ("x-oss-callback-var", variables)]);

    string Config(string pathOrUrl, string body, string? type = null, bool isWhole = false)
    {
        var json = new JsonObject { ["callbackUrl"] = isWhole ? pathOrUrl : _receiver.Url + pathOrUrl, ["callbackBody"] = body };
        if (type is not null)
        {
            json["callbackBodyType"] = type;
        }

        return Encode(json.ToJsonString());
    }

    // As the published samples do it: fetch the key that the request names, decode the path, hash, verify.
    async Task VerifyAsync(ReceivedRequest request)
    {
        var keyUrl = Encoding.UTF8.GetString(Convert.FromBase64String(request.Headers["x-oss-pub-key-url"]));
        Assert.Equal($"http://{_server.Address.Authority}/-/callback-key.pem", keyUrl);
        using var rsa = RSA.Create();
        rsa.ImportFromPem(await _server.Http.GetStringAsync(keyUrl, TestContext.Current.CancellationToken));
        var parts = request.Target.Split('?', 2);
        var text = Uri.UnescapeDataString(parts[0]) + (parts.Length == 2 ? $"?{parts[1]}" : "") + "\n" + request.Text;
        var signature = Convert.FromBase64String(request.Headers["authorization"]);
        Assert.True(rsa.VerifyHash(MD5.HashData(Encoding.UTF8.GetBytes(text)), signature, HashAlgorithmName.MD5, RSASignaturePadding.Pkcs1));
        Assert.False(rsa.VerifyHash(MD5.HashData(Encoding.UTF8.GetBytes(text + "x")), signature, HashAlgorithmName.MD5, RSASignaturePadding.Pkcs1));
    }

    static string Encode(string json) => Convert.ToBase64String(Encoding.UTF8.GetBytes(json));
}
