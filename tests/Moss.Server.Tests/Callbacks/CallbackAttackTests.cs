using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Moss.Protocol.Errors;
using Moss.Protocol.Signing;
using Moss.Server.Callbacks;
using Moss.Server.Pipeline;
using Moss.Server.Tests.AccessControl;
using Moss.Server.Tests.PostObject;
using Moss.Tests;

namespace Moss.Server.Tests.Callbacks;

/// <summary>Uploads, names and answers that are made to hurt: the application is called all the same, and everybody else is served meanwhile.</summary>
public sealed class CallbackAttackTests : IAsyncLifetime
{
    readonly Receiver _receiver = new();
    readonly ManualResetEventSlim _nameServer = new();
    readonly ConcurrentQueue<string> _names = [];
    AccessServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await AccessServer.StartAsync(options => options with { CallbackAllow = ["127.0.0.0/8"], Resolve = Resolve });
        (await _server.SendAsync("PUT", "photos", by: AccessServer.Root)).Is(200);
    }

    public async ValueTask DisposeAsync()
    {
        _nameServer.Set();
        await _receiver.DisposeAsync();
        await _server.DisposeAsync();
        _nameServer.Dispose();
    }

    public static TheoryData<string, byte[]> Images => new()
    {
        { "a height that has no absolute value", ImageInfoTests.Bmp(1, int.MinValue) },
        { "a directory that is nowhere", ImageInfoTests.Tiff(0x7FFFFFFF, 1, 1) },
        { "no image at all", [1, 2, 3] },
        { "nothing", [] },
    };

    [Theory]
    [MemberData(nameof(Images))]
    public async Task No_image_keeps_the_application_from_being_called(string what, byte[] image)
    {
        Assert.NotEmpty(what);
        (await PutAsync(Config(_receiver.Url, "${size},${imageInfo.format},${imageInfo.width},${imageInfo.height}"), image)).Is(200);
        Assert.StartsWith($"{image.Length},", Assert.Single(_receiver.Requests).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 10\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\nContent-Length: 10\r\n\r\n")]
    public async Task An_answer_that_says_its_length_twice_is_not_read(string head)
    {
        var chunk = $"10000\r\n{new string(' ', 0x10000)}\r\n";
        _receiver.Answer = Encoding.ASCII.GetBytes($"{head}{string.Concat(Enumerable.Repeat(chunk, 80))}2\r\n{{}}\r\n0\r\n\r\n");
        var reply = await PutAsync(Config(_receiver.Url, "x"));
        reply.Is(203, "CallbackFailed");
        Assert.Equal("Error Status : 400.User server return too long content-length value", reply.Message);
    }

    [Theory]
    [InlineData(CallbackClient.MaxAnswerBytes, 200)]
    [InlineData(CallbackClient.MaxAnswerBytes + 1, 203)]
    public async Task An_answer_may_be_as_long_as_the_limit(int length, int status)
    {
        _receiver.Answer = Receiver.Response("{}" + new string(' ', length - 2));
        var reply = await PutAsync(Config(_receiver.Url, "x"));
        Assert.Equal((status, status == 200 ? length : reply.Body.Length), (reply.Status, reply.Body.Length));
    }

    /// <summary>Sixty uploads name hosts that a silent name server knows nothing of. The server goes on, and so do the callbacks of others.</summary>
    [Fact]
    public async Task Names_that_cannot_be_looked_up_take_no_more_than_their_share()
    {
        var other = await _server.UserAsync("other", """{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}""");
        var slow = Enumerable.Range(0, 60).Select(i => PutAsync(Config($"http://slow{i}.example/", "x"), key: $"k{i}")).ToList();
        SpinWait.SpinUntil(() => _names.Count == NameLookup.MaxThreads / 2, TimeSpan.FromSeconds(30));
        for (var i = 0; i < 20; i++)
        {
            (await _server.SendAsync("GET", "photos", by: AccessServer.Root)).Is(200);
            (await PutAsync(Config($"http://quick{i}.example:{_receiver.Port}/", "x"), key: "other", by: other)).Is(200);
        }

        foreach (var put in slow)
        {
            var reply = await put;
            reply.Is(203, "CallbackFailed");
            Assert.Equal(("Cost too long time", "0007-00000202"), (reply.Message, reply.Element("EC")));
        }

        Assert.Equal(NameLookup.MaxThreads / 2, _names.Count(name => name.StartsWith("slow", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task One_uploader_with_slow_urls_leaves_calls_for_the_others()
    {
        using var client = Client();
        var options = Parse(Config("http://slow.example/", "x"));
        using var memory = Memory(new(CallbackClient.MaxAnswersBytes), "greedy");
        var greedy = Enumerable.Range(0, CallbackClient.MaxCalls).Select(_ => client.CallAsync(options, Message("greedy"), memory, CancellationToken.None)).ToList();
        var refused = greedy.Count(task => task.IsCompleted);
        Assert.Equal(CallbackClient.MaxCalls / 2, refused);
        Assert.Equal(("Too many callback requests", "0007-00000201"), ((await greedy[^1]).Failure, (await greedy[^1]).EC));

        var modest = Parse(Config($"http://quick.example:{_receiver.Port}/", "x"));
        Assert.Null((await client.CallAsync(modest, Message("modest"), memory, CancellationToken.None)).Failure);
        _nameServer.Set();
        await Task.WhenAll(greedy);
    }

    /// <summary>An answer is held until its client has taken it, and clients may be slow on purpose.</summary>
    [Fact]
    public async Task Long_answers_hold_their_share_of_the_memory_and_the_others_get_theirs()
    {
        using var client = Client();
        var share = new FairShare(2 * CallbackClient.MaxAnswerBytes);
        var options = Parse(Config(_receiver.Url, "x"));
        _receiver.Answer = Receiver.Response("{}" + new string(' ', CallbackClient.MaxAnswerBytes - 2));
        async Task<CallbackReply> CallAsync(HeldMemory memory) => await client.CallAsync(options, Message("any"), memory, CancellationToken.None);
        using var first = Memory(share, "greedy");
        Assert.Null((await CallAsync(first)).Failure);
        using (var second = Memory(share, "greedy"))
        {
            Assert.Equal("Too many callback requests", (await CallAsync(second)).Failure);
            _receiver.Answer = Receiver.Response("{}");
            using var other = Memory(share, "modest");
            Assert.Null((await CallAsync(other)).Failure);
        }

        first.Dispose();
        using var third = Memory(share, "greedy");
        _receiver.Answer = Receiver.Response("{}" + new string(' ', CallbackClient.MaxAnswerBytes - 2));
        Assert.Null((await CallAsync(third)).Failure);
    }

    /// <summary>The same list again is answered as the first time, also when the object has gone since.</summary>
    [Fact]
    public async Task An_object_that_was_deleted_meanwhile_does_not_keep_the_application_from_being_called()
    {
        var id = (await _server.SendAsync("POST", "photos", "big", AccessServer.Root, query: "uploads")).Element("UploadId");
        var part = await _server.SendAsync("PUT", "photos", "big", AccessServer.Root, query: $"partNumber=1&uploadId={id}", content: [1, 2, 3]);
        var list = Encoding.UTF8.GetBytes($"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{part.Header("ETag")}</ETag></Part></CompleteMultipartUpload>");
        for (var time = 0; time < 2; time++)
        {
            (await _server.SendAsync("POST", "photos", "big", AccessServer.Root, query: $"uploadId={id}", content: list, headers: ("x-oss-callback", Config(_receiver.Url, "${object},${size}")))).Is(200);
            (await _server.SendAsync("DELETE", "photos", "big", AccessServer.Root)).Is(204);
        }

        Assert.Equal(["big,3", "big,"], _receiver.Requests.Select(request => request.Text));
    }

    [Theory]
    [InlineData("evil.example")]
    [InlineData("evil.example:80")]
    [InlineData("localhost:1")]
    [InlineData("localhost.evil.example")]
    [InlineData("oss-cn-hangzhou.aliyuncs.com")]
    [InlineData("10.1.2.3:9020")]
    [InlineData("[::1]:9020")]
    public async Task A_host_that_is_not_the_servers_own_does_not_name_its_key(string host)
    {
        await PutAsync(Config(_receiver.Url, "x"), headers: ("Host", host));
        Assert.Equal($"http://{_server.Address.Authority}/-/callback-key.pem", KeyUrl());
    }

    [Theory]
    [InlineData("localhost", "localhost")]
    [InlineData("localhost:PORT", "localhost:PORT")]
    [InlineData("photos.localhost:PORT", "localhost:PORT")]
    [InlineData("Photos.LocalHost", "localhost")]
    public async Task A_host_that_is_the_servers_own_names_its_key(string host, string expected)
    {
        string Port(string text) => text.Replace("PORT", $"{_server.Address.Port}", StringComparison.Ordinal);
        await PutAsync(Config(_receiver.Url, "x"), headers: ("Host", Port(host)));
        Assert.Equal($"http://{Port(expected)}/-/callback-key.pem", KeyUrl());
    }

    [Theory]
    [InlineData("""{"\ud800":"a"}""")]
    [InlineData("""{"x:\ud800":"a"}""")]
    [InlineData("""{"x:a":"\udc00"}""")]
    public async Task Variables_that_are_no_Unicode_are_refused(string json)
    {
        var reply = await PutAsync(Config(_receiver.Url, "x"), headers: ("x-oss-callback-var", Encode(json)));
        reply.Is(400, "InvalidArgument");
        Assert.Equal("The callback var is not expecten json.", reply.Message);
        (await _server.SendAsync("HEAD", "photos", "k", AccessServer.Root)).Is(404);
    }

    [Theory]
    [InlineData("""{"callbackUrl":"a.example","callbackBody":"x","callbackSNI":"\ud800"}""", "The callback configuration is not json format.")]
    [InlineData("""{"callbackUrl":"a.example","callbackBody":"MANY"}""", "The callback body is invalid.")]
    [InlineData("""{"callbackUrl":"a.example","callbackBody":"x","callbackHost":"a,b"}""", "The callback host configuration is invalid.")]
    public async Task What_could_not_be_sent_is_refused_before_anything_is_stored(string json, string message)
    {
        var reply = await PutAsync(Encode(json.Replace("MANY", string.Concat(Enumerable.Repeat("${object}", 101)), StringComparison.Ordinal)));
        reply.Is(400, "InvalidArgument");
        Assert.Equal(message, reply.Message);
        (await _server.SendAsync("HEAD", "photos", "k", AccessServer.Root)).Is(404);
    }

    [Fact]
    public async Task The_variables_of_a_form_are_no_longer_than_those_of_a_header_and_of_two_names_that_become_one_the_first_counts()
    {
        (await _server.SendAsync("PUT", "public", by: AccessServer.Root, headers: ("x-oss-acl", "public-read-write"))).Is(200);
        Form Form() => new Form().Field("key", "k").Field("callback", Config(_receiver.Url, "${x:k}"));
        var reply = await Form().Field("x:a", new string('a', 3000)).Field("x:b", new string('b', 3000)).File([1]).PostAsync(_server, "public");
        reply.Is(400, "InvalidArgument");
        Assert.Equal("The length of callback var exceed max value.", reply.Message);
        (await Form().Field("x:K", "first").Field("x:\u212A", "second").File([1]).PostAsync(_server, "public")).Is(200);
        Assert.Equal("first", Assert.Single(_receiver.Requests).Text);
    }

    /// <summary>A certificate may say where its issuer's is to be had. Looking there would be a call that no guard has seen.</summary>
    [Fact]
    public async Task What_a_certificate_refers_to_is_not_fetched()
    {
        await using var elsewhere = new Receiver();
        using var issuer = RSA.Create(2048);
        var ca = new CertificateRequest("CN=issuer", issuer, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        ca.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var (from, to) = (TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        using var caCertificate = ca.CreateSelfSigned(from, to);
        using var key = RSA.Create(2048);
        var leaf = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        leaf.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension(null, [$"{elsewhere.Url}/issuer.crt"]));
        using var signed = leaf.Create(caCertificate, from, to, [1, 2, 3]);
        using var withKey = signed.CopyWithPrivateKey(key);
        using var certificate = X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null);
        await using var receiver = new Receiver(certificate);
        (await PutAsync(Config($"https://127.0.0.1:{receiver.Port}/", "x"))).Is(203, "CallbackFailed");
        Assert.Empty(elsewhere.Requests);
    }

    [Fact]
    [Trait("Kind", "Fuzzing")]
    public void Whatever_a_configuration_is_it_is_refused_or_can_be_sent()
    {
        var seed = Fuzzing.Seed(77);
        var random = new Random(seed);
        byte[][] corpus =
        [
            .. new[]
            {
                """{"callbackUrl":"http://a.example:81/p%20q?x=${y};https://b.example;c.example/\\..//x","callbackHost":"h.example:82","callbackBody":"b=${bucket}&v=${x:v}&${","callbackSNI":true}""",
                """{"callbackUrl":"xn--a.example","callbackBody":"{\"o\":${object},\"v\":${x:v}}","callbackBodyType":"application/json","callbackSNI":"true"}""",
            }.Select(Encoding.UTF8.GetBytes),
        ];
        using var client = Client();
        var sent = 0;
        foreach (var round in Fuzzing.Rounds(5000))
        {
            var config = Convert.ToBase64String(Mutation.Of(corpus[random.Next(corpus.Length)], corpus, random));
            try
            {
                var options = CallbackOptions.OfForm(config, [new("x:v", "\ud83d\ude00 \"\\\0")])!;
                var body = CallbackTemplate.Fill(options.Body, options.IsJson, name => options.Variables.GetValueOrDefault(name));
                foreach (var url in options.Urls)
                {
                    using var request = client.Request(options, url, Message("") with { Body = body });
                    sent++;
                }
            }
            catch (OssException refusal)
            {
                Assert.True(refusal.Status == 400, $"seed {seed}, round {round}: {refusal.Code}");
            }
            catch (Exception exception)
            {
                Assert.Fail($"seed {seed}, round {round}: {config} {exception}");
            }
        }

        Assert.True(sent > 100, $"only {sent} could be sent");
    }

    CallbackClient Client()
    {
        using var rsa = RSA.Create(2048);
        return new(
            CallbackSigner.OfPem(rsa.ExportRSAPrivateKeyPem()), new AddressGuard([Server.AccessControl.CidrRange.Parse("127.0.0.0/8")]), new NameLookup(Resolve), TimeProvider.System, NullLogger.Instance);
    }

    IPAddress[] Resolve(string name)
    {
        _names.Enqueue(name);
        if (name.StartsWith("slow", StringComparison.Ordinal))
        {
            _nameServer.Wait(CancellationToken.None);
        }

        return [IPAddress.Loopback];
    }

    string KeyUrl() => Encoding.UTF8.GetString(Convert.FromBase64String(Assert.Single(_receiver.Requests).Headers["x-oss-pub-key-url"]));

    Task<Reply> PutAsync(string config, byte[]? content = null, string key = "k", Credential? by = null, params (string Name, string Value)[] headers) =>
        _server.SendAsync("PUT", "photos", key, by ?? AccessServer.Root, content: content ?? [1], headers: [("x-oss-callback", config), .. headers]);

    static HeldMemory Memory(FairShare share, string holder) => new(share, holder);

    static CallbackMessage Message(string holder) => new("x", IsJson: false, "photos", "", "id", "http://key.example/", holder);

    static CallbackOptions Parse(string config) => CallbackOptions.OfForm(config, [])!;

    static string Config(string url, string body) => Encode(new JsonObject { ["callbackUrl"] = url, ["callbackBody"] = body }.ToJsonString());

    static string Encode(string json) => Convert.ToBase64String(Encoding.UTF8.GetBytes(json));
}
