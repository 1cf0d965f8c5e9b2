using System.Text;
using Moss.Protocol.Signing;

namespace Moss.Protocol.Tests.Signing;

/// <summary>The published V1 vectors: the signer must produce them, the verifier must accept them, the text must be exactly theirs.</summary>
public sealed class V1VectorTests
{
    const string Text = "Wed, 28 Dec 2022 10:27:41 GMT";
    const string PutHead =
        $"PUT\neB5eJF1ptWaXm4bijSPyxw==\ntext/html\n{Text}\nx-oss-date:{Text}\nx-oss-meta-author:alice\nx-oss-meta-magic:abracadabra\n";

    const string DocumentId = "44CF9590006BF252F707";

    static readonly DateTimeOffset Instant = Requests.Rfc1123(Text);
    static readonly AccessKeySecret DocumentSecret = new("OtxrzxIsfpFjA7SwPzILwy8Bw21TLhquhboDYROV");

    static readonly (string, string)[] PutHeaders =
    [
        ("Content-MD5", "eB5eJF1ptWaXm4bijSPyxw=="), ("Content-Type", "text/html"), ("Date", Text), ("x-oss-date", Text),
        ("X-OSS-Meta-Magic", " abracadabra "), ("x-oss-meta-author", "alice"), ("User-Agent", "any"),
    ];

    static readonly (string, string)[] GetHeaders = [("Date", Text), ("x-oss-date", Text)];

    public static TheoryData<int, string, string> Headers() => new()
    {
        { 1, PutHead + "/examplebucket/nelson", "kSHKmLxlyEAKtZPkJhG9bZb5k7M=" },
        { 2, PutHead + "/examplebucket/nelson?acl", "/afkugFbmWDQ967j1vr6zygBLQk=" },
        { 3, $"GET\n\n\n{Text}\nx-oss-date:{Text}\n/examplebucket/?resourceGroup", "vkQmfuUDyi1uDi3bKt67oemssIs=" },
        { 4, $"GET\n\n\n{Text}\nx-oss-date:{Text}\n/examplebucket/?acl&resourceGroup", "x3E5TgOvl/i7PN618s5mEvpJDYk=" },
        { 6, $"GET\n\n\n{Text}\n/examplebucket/目录/a b+c.jpg?x-oss-process=image/resize,w_100", "BfGsiCI3J6bGiyoVWbO9jOmYImo=" },
    };

    static SignableRequest HeaderRequest(int number) => number switch
    {
        1 => Requests.ToSend("PUT", "examplebucket", "nelson", headers: PutHeaders),
        2 => Requests.ToSend("PUT", "examplebucket", "nelson", [("acl", null)], PutHeaders),
        3 => Requests.ToSend("GET", "examplebucket", null, [("resourceGroup", null), ("non-resourceGroup", "null")], GetHeaders),
        4 => Requests.ToSend("GET", "examplebucket", null, [("resourceGroup", null), ("acl", null), ("max-keys", "1")], GetHeaders),
        _ => Requests.ToSend("GET", "examplebucket", "目录/a b+c.jpg", [("x-oss-process", "image/resize,w_100")], [("Date", Text)]),
    };

    [Theory]
    [MemberData(nameof(Headers))]
    public void Header_vectors_are_signed_and_verified(int number, string stringToSign, string signature)
    {
        var request = HeaderRequest(number);
        var signer = new Signer(Requests.Ak, Requests.V1);

        var authorization = signer.Sign(request, Instant);
        Assert.Equal(("Authorization", $"OSS ak:{signature}"), (authorization[^1].Key, authorization[^1].Value));
        Assert.Single(authorization);

        var received = signer.SignedInHeaders(request, Instant);
        var result = received.Authenticate(Instant);
        Assert.Equal(
            (SignatureScheme.V1Header, "ak", false), (result.Scheme, result.AccessKeyId, result.IsUrlSigned));
        Assert.Empty(result.Uncovered);
        Assert.Equal(stringToSign, received.Refused(Instant, new AccessKeySecret("other")).Detail("StringToSign"));
    }

    [Fact]
    public void A_raw_query_on_the_wire_is_decoded_before_it_is_signed()
    {
        var request = Requests.Received(
            "GET",
            "examplebucket",
            "目录/a b+c.jpg",
            "x-oss-process=image%2Fresize%2Cw_100",
            ("Date", Text),
            ("Authorization", "OSS ak:BfGsiCI3J6bGiyoVWbO9jOmYImo="));
        Assert.Equal("ak", request.Authenticate(Instant).AccessKeyId);
    }

    [Theory]
    [InlineData("key", "versionId=versionId", 1699807420, null, "/bucket/key?versionId=versionId", "dcLTea+Yh9ApirQ8o8dOPqtvJXQ=")]
    [InlineData(
        "key+123", "versionId=versionId", 1699808204, "token",
        "/bucket/key+123?security-token=token&versionId=versionId", "jzKYRrM5y6Br0dRFPaTGOsbrDhY=")]
    public void Url_vectors_are_signed_and_verified(
        string key, string query, long expires, string? token, string resource, string signature)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(expires - 60);
        var signer = new Signer(new Credential("ak", Requests.Secret, token), Requests.V1);
        var pair = query.Split('=');
        var request = Requests.ToSend("GET", "bucket", key, [(pair[0], pair[1])]);

        var raw = signer.Presign(request, now, TimeSpan.FromSeconds(60));
        Assert.Contains($"Expires={expires}&", raw, StringComparison.Ordinal);
        Assert.EndsWith($"&Signature={Uri.EscapeDataString(signature)}", raw, StringComparison.Ordinal);

        var received = Requests.Received("GET", "bucket", key, raw);
        var result = received.Authenticate(now);
        Assert.Equal((SignatureScheme.V1Url, token, true), (result.Scheme, result.SecurityToken, result.IsUrlSigned));
        Assert.Equal(
            $"GET\n\n\n{expires}\n{resource}", received.Refused(now, new AccessKeySecret("other")).Detail("StringToSign"));
    }

    [Fact]
    public void The_documentation_header_vector_is_signed_and_verified()
    {
        const string date = "Thu, 17 Nov 2005 18:49:58 GMT";
        var request = Requests.ToSend(
            "PUT",
            "oss-example",
            "nelson",
            headers:
            [
                ("Content-Md5", "ODBGOERFMDMzQTczRUY3NUE3NzA5QzdFNUYzMDQxNEM="), ("Content-Type", "text/html"), ("Date", date),
                ("X-OSS-Meta-Author", "foo@bar.com"), ("X-OSS-Magic", "abracadabra"),
            ]);
        var signer = new Signer(new Credential(DocumentId, DocumentSecret), Requests.V1);
        var now = Requests.Rfc1123(date);

        Assert.Equal($"OSS {DocumentId}:26NBxoKdsyly4EDv6inkoDft/yA=", signer.Sign(request, now)[^1].Value);
        var received = signer.SignedInHeaders(request, now);
        Assert.Equal(DocumentId, received.Authenticate(now, DocumentSecret).AccessKeyId);
        const string stringToSign =
            $"PUT\nODBGOERFMDMzQTczRUY3NUE3NzA5QzdFNUYzMDQxNEM=\ntext/html\n{date}\nx-oss-magic:abracadabra\nx-oss-meta-author:foo@bar.com\n/oss-example/nelson";
        Assert.Equal(stringToSign, received.Refused(now).Detail("StringToSign"));
    }

    [Fact]
    public void The_documentation_url_vector_is_signed_and_verified()
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1141889060);
        var signer = new Signer(new Credential(DocumentId, DocumentSecret), Requests.V1);
        var request = Requests.ToSend("GET", "oss-example", "oss-api.pdf");

        var raw = signer.Presign(request, now, TimeSpan.FromSeconds(60));

        Assert.Equal($"OSSAccessKeyId={DocumentId}&Expires=1141889120&Signature=EwaNTn1erJGkimiJ9WmXgwnANLc%3D", raw);
        Assert.Equal(DocumentId, Requests.Received("GET", "oss-example", "oss-api.pdf", raw).Authenticate(now, DocumentSecret).AccessKeyId);
    }

    [Fact]
    public void The_mismatch_answer_spells_the_signed_bytes()
    {
        var received = Requests.Received("GET", "examplebucket", "目", "", ("Date", Text), ("Authorization", "OSS ak:x"));
        var error = received.Refused(Instant);
        var bytes = error.Detail("StringToSignBytes").Split(' ').Select(hex => Convert.ToByte(hex, 16)).ToArray();
        Assert.Equal($"GET\n\n\n{Text}\n/examplebucket/目", Encoding.UTF8.GetString(bytes));
        Assert.Contains("E7 9B AE", error.Detail("StringToSignBytes"), StringComparison.Ordinal);
    }
}
