using Moss.Protocol.Signing;

namespace Moss.Protocol.Tests.Signing;

/// <summary>The published V4 vectors A to M: signed by the signer, accepted by the verifier, texts and hashes exact.</summary>
public sealed class V4VectorTests
{
    const string Key = "1234+-/123/1.txt";
    const string CKey = "test-sign-V4/-!@#$%^&*()/abcdefjhijklmnoqprstuvwxyz/123456789";

    static readonly (string, string?)[] Query =
    [
        ("param1", "value1"), ("+param1", "value3"), ("|param1", "value4"), ("+param2", ""), ("|param2", ""), ("param2", ""),
    ];

    static readonly (string, string)[] Headers = [("x-oss-head1", "value"), ("abc", "value"), ("ZAbc", "value"), ("XYZ", "value")];

    static readonly (string, string)[] TextHeaders = [.. Headers, ("content-type", "text/plain")];
    static readonly (string, string)[] BinaryHeaders = [.. Headers, ("content-type", "application/octet-stream")];

    static readonly SigningOptions CloudBox = Requests.V4 with { Region = "cb-123", Product = "oss-cloudbox" };
    static readonly SigningOptions Additional = Requests.V4 with { AdditionalHeaders = ["ZAbc", "abc", "x-oss-head1", "Content-Type"] };
    static readonly Credential WithToken = new("ak", Requests.Secret, "token");

    /// <summary>The vectors in headers: unix time, options, credential, request, signature.</summary>
    static (long Time, SigningOptions Options, Credential Credential, SignableRequest Request, string Signature) Header(char vector) => vector switch
    {
        'A' => (1702743657, Requests.V4, Requests.Ak, Put(TextHeaders), "e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe"),
        'B' => (1702743657, CloudBox, Requests.Ak, Put(TextHeaders), "94ce1f12c17d148ea681030275a94449d3357f5b5b21133996eec80af3e08a43"),
        'C' => (1702784856, Requests.V4, WithToken, Put(TextHeaders), "b94a3f999cf85bcdc00d332fbd3734ba03e48382c36fa4d5af5df817395bd9ea"),
        'D' => (1702747512, Additional, Requests.Ak, Put(TextHeaders), "4a4183c187c07c8947db7620deb0a6b38d9fbdd34187b6dbaccb316fa251212f"),
        'I' => (Unix(2022, 10, 16, 4, 7, 19), Requests.V4, Requests.Ak, PutFromC(Query), "16e58322c5aafb55edd82813b02d6521caab8194882c786bf0e77b7987a63979"),
        'J' => (Unix(2022, 10, 16, 9, 14, 31), Requests.V4, Requests.Ak, PutFromC([]), "5028172a0a3806285979896982bee6e36e915cbf428ee7100a809e1f0ff43b64"),
        'K' => (1702743657, Requests.V4, Requests.Ak, Requests.ToSend("GET", "examplebucket", "目录/a b+c.jpg", [("x-oss-process", "image/resize,w_100")]),
            "d30f01cdc90668e49278e27f6ed9c4fbf2eac518a6f28a91bb264c5141ef8a0c"),
        'L' => (1702743657, Requests.V4 with { SignDateHeader = true }, Requests.Ak, Requests.ToSend("GET", "examplebucket", "a.txt"),
            "26df8cc1b31b060510208794cd49132145d0732d8c66caeaa5d3be81b1e9d4be"),
        _ => (1702743657, Requests.V4, Requests.Ak, Requests.ToSend("GET", null, null), "2a7fe0c537ae2b2319d6a44def3d754c1f9ca397946234d46ba2ecdb8f8f0a96"),
    };

    /// <summary>The vectors in URLs. All but E say no expiry of their own; E's 599 seconds are theirs too.</summary>
    static (long Time, SigningOptions Options, Credential Credential, string Signature) Url(char vector) => vector switch
    {
        'E' => (1702781677, Requests.V4, Requests.Ak, "a39966c61718be0d5b14e668088b3fa07601033f6518ac7b523100014269c0fe"),
        'F' => (1702785388, Requests.V4, WithToken, "3817ac9d206cd6dfc90f1c09c00be45005602e55898f26f5ddb06d7892e1f8b5"),
        'G' => (1702783809, Additional, Requests.Ak, "6bd984bfe531afb6db1f7550983a741b103a8c58e5e14f83ea474c2322dfa2b7"),
        _ => (1702781677, CloudBox with { AdditionalHeaders = ["abc", "ZAbc"] }, Requests.Ak, "07284191b9b4978ac3520cd39ee2dea2747eda454089359371ff463a6c7ba20f"),
    };

    [Theory]
    [InlineData('A')]
    [InlineData('B')]
    [InlineData('C')]
    [InlineData('D')]
    [InlineData('I')]
    [InlineData('J')]
    [InlineData('K')]
    [InlineData('L')]
    [InlineData('M')]
    public void Header_vectors_are_signed_and_verified(char vector)
    {
        var (time, options, credential, request, signature) = Header(vector);
        var now = DateTimeOffset.FromUnixTimeSeconds(time);
        var signer = new Signer(credential, options);

        Assert.EndsWith($"Signature={signature}", signer.Sign(request, now)[^1].Value, StringComparison.Ordinal);

        var result = signer.SignedInHeaders(request, now).Authenticate(now);
        Assert.Equal(
            (SignatureScheme.V4Header, "ak", credential.SecurityToken, options.Region),
            (result.Scheme, result.AccessKeyId, result.SecurityToken, result.Region));
        Assert.Empty(result.Uncovered);
        Assert.False(result.PlusIsLiteral);
    }

    [Theory]
    [InlineData('E')]
    [InlineData('F')]
    [InlineData('G')]
    [InlineData('H')]
    public void Url_vectors_are_signed_and_verified(char vector)
    {
        var (time, options, credential, signature) = Url(vector);
        var now = DateTimeOffset.FromUnixTimeSeconds(time);
        var signer = new Signer(credential, options);
        var request = Put(BinaryHeaders);

        Assert.EndsWith($"&x-oss-signature={signature}", signer.Presign(request, now, TimeSpan.FromSeconds(599)), StringComparison.Ordinal);

        var result = signer.SignedInUrl(request, now, TimeSpan.FromSeconds(599)).Authenticate(now);
        Assert.Equal(
            (SignatureScheme.V4Url, "ak", credential.SecurityToken, options.Region),
            (result.Scheme, result.AccessKeyId, result.SecurityToken, result.Region));
    }

    [Fact]
    public void Vector_A_has_its_texts_and_its_key()
    {
        const string canonicalRequest =
            "PUT\n/bucket/1234%2B-/123/1.txt\n"
            + "%2Bparam1=value3&%2Bparam2&%7Cparam1=value4&%7Cparam2&param1=value1&param2\n"
            + "content-type:text/plain\nx-oss-content-sha256:UNSIGNED-PAYLOAD\nx-oss-date:20231216T162057Z\nx-oss-head1:value\n\n\nUNSIGNED-PAYLOAD";
        const string stringToSign =
            "OSS4-HMAC-SHA256\n20231216T162057Z\n20231216/cn-hangzhou/oss/aliyun_v4_request\n"
            + "f4613657f1b108998e8dbd10a1aa5da621dc2c6e02c9ddec0f163664848704c4";
        var received = new Signer(Requests.Ak, Requests.V4).SignedInHeaders(Put(TextHeaders), Requests.Now);

        var error = received.Refused(Requests.Now, new AccessKeySecret("other"));

        Assert.Equal(canonicalRequest, error.Detail("CanonicalRequest"));
        Assert.Equal(stringToSign, error.Detail("StringToSign"));
        Assert.Equal("0002-00000201", error.EC);
        Assert.Equal(
            "b412a03b134ebddd720f5167b5de6db66620ebb3b01cff4d49e3ccb09f8de97f",
            Convert.ToHexStringLower(SignatureV4.DeriveKey(Requests.Secret, "20231216", "cn-hangzhou", "oss")));
    }

    [Fact]
    public void Vector_E_has_its_query_and_its_hash()
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1702781677);
        var received = new Signer(Requests.Ak, Requests.V4).SignedInUrl(Put(BinaryHeaders), now, TimeSpan.FromSeconds(599));

        var error = received.Refused(now, new AccessKeySecret("other"));

        Assert.Contains(
            "&x-oss-credential=ak%2F20231217%2Fcn-hangzhou%2Foss%2Faliyun_v4_request&x-oss-date=20231217T025437Z"
            + "&x-oss-expires=599&x-oss-signature-version=OSS4-HMAC-SHA256\n",
            error.Detail("CanonicalRequest"),
            StringComparison.Ordinal);
        Assert.EndsWith(
            "\n48814c11f278d51662015bf2f896b66ca10b6de0187ed8d952e341bbce0aa336", error.Detail("StringToSign"), StringComparison.Ordinal);
    }

    [Fact]
    public void Vectors_D_and_K_have_their_canonical_lines()
    {
        var (time, options, credential, request, _) = Header('D');
        var now = DateTimeOffset.FromUnixTimeSeconds(time);
        var d = new Signer(credential, options).SignedInHeaders(request, now).Refused(now, new AccessKeySecret("other"));
        Assert.Contains("\nabc:value\ncontent-type:text/plain\n", d.Detail("CanonicalRequest"), StringComparison.Ordinal);
        Assert.EndsWith("\nzabc:value\n\nabc;zabc\nUNSIGNED-PAYLOAD", d.Detail("CanonicalRequest"), StringComparison.Ordinal);

        var k = new Signer(Requests.Ak, Requests.V4).SignedInHeaders(Header('K').Request, Requests.Now).Refused(Requests.Now, new AccessKeySecret("other"));
        Assert.StartsWith(
            "GET\n/examplebucket/%E7%9B%AE%E5%BD%95/a%20b%2Bc.jpg\nx-oss-process=image%2Fresize%2Cw_100\n",
            k.Detail("CanonicalRequest"),
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_encoded_path_of_the_C_vector_is_the_published_one() =>
        Assert.Equal(
            "test-sign-V4/-%21%40%23%24%25%5E%26%2A%28%29/abcdefjhijklmnoqprstuvwxyz/123456789",
            PercentEncoding.Encode(CKey, keepSlash: true));

    static SignableRequest Put((string, string)[] headers) => Requests.ToSend("PUT", "bucket", Key, Query, headers);

    static SignableRequest PutFromC((string, string?)[] query) =>
        Requests.ToSend("PUT", "oss-bucket-test", CKey, query, [("x-oss-head1", "value"), ("content-type", "application/octet-stream")]);

    static long Unix(int year, int month, int day, int hour, int minute, int second) =>
        new DateTimeOffset(year, month, day, hour, minute, second, TimeSpan.Zero).ToUnixTimeSeconds();
}
