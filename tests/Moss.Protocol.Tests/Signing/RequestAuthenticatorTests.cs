using Moss.Protocol.Errors;
using Moss.Protocol.Signing;
using static Moss.Protocol.Tests.Signing.Requests;

namespace Moss.Protocol.Tests.Signing;

/// <summary>The whole way of the server: read, look up, check.</summary>
public sealed class RequestAuthenticatorTests
{
    readonly Keys _keys = new();
    readonly RequestAuthenticator _authenticator = new(new FixedTime(Now), AnyRegion);

    [Fact]
    public async Task A_signed_request_names_its_key_and_token()
    {
        var signer = new Signer(new Credential("ak", Secret, "token"), V4);
        var result = await _authenticator.AuthenticateAsync(signer.SignedInHeaders(ToSend("GET", "b", "k"), Now), _keys, CancellationToken.None);
        Assert.Equal(("ak", "token", SignatureScheme.V4Header), (result.AccessKeyId, result.SecurityToken, result.Scheme));
        Assert.Equal(("ak", "token"), _keys.Asked);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Expires=1&prefix=a")]
    [InlineData("Signature=x")]
    [InlineData("security-token=t&x-oss-signature=x&x-oss-credential=y")]
    public async Task A_request_without_a_signature_is_anonymous(string query)
    {
        var result = await _authenticator.AuthenticateAsync(Received("GET", "b", "k", query, ("Date", "never")), _keys, CancellationToken.None);
        Assert.True(result.IsAnonymous);
        Assert.False(result.IsUrlSigned);
        Assert.Null(result.AccessKeyId);
        Assert.Null(_keys.Asked);
    }

    [Fact]
    public async Task An_unknown_key_is_told_so_before_anything_else_but_the_format()
    {
        var stale = new Signer(new Credential("nobody", Secret), V4).SignedInHeaders(ToSend("GET", "b", "k"), Now.AddHours(-1));
        var error = await Assert.ThrowsAsync<OssException>(async () => await _authenticator.AuthenticateAsync(stale, _keys, CancellationToken.None));
        Assert.Equal(("InvalidAccessKeyId", 403, "0002-00000902", "nobody"), (error.Code, error.Status, error.EC, error.Detail("OSSAccessKeyId")));
    }

    [Fact]
    public async Task A_disabled_key_signs_nothing()
    {
        var request = new Signer(new Credential("off", Secret), V1).SignedInHeaders(ToSend("GET", "b", "k"), Now);
        var error = await Assert.ThrowsAsync<OssException>(async () => await _authenticator.AuthenticateAsync(request, _keys, CancellationToken.None));
        Assert.Equal(
            ("InvalidAccessKeyId", "The OSS Access Key Id you provided is disabled.", "0002-00000904"), (error.Code, error.Message, error.EC));
    }

    [Fact]
    public void An_expired_url_is_refused_before_its_key_is_looked_up()
    {
        var url = new Signer(new Credential("nobody", Secret), V1).SignedInUrl(ToSend("GET", "b", "k"), Now.AddHours(-1), TimeSpan.FromMinutes(1));
        var error = Assert.Throws<OssException>(() => ParsedSignature.Parse(url, Now, AnyRegion));
        Assert.Equal("0002-00000069", error.EC);
    }

    [Fact]
    public void A_changed_secret_is_noticed_although_the_derived_key_is_remembered()
    {
        var credential = new Credential("rotating", new AccessKeySecret("old"));
        var request = new Signer(credential, V4).SignedInHeaders(ToSend("GET", "b", "k"), Now);
        Assert.Equal("rotating", request.Authenticate(Now, new AccessKeySecret("old")).AccessKeyId);
        Assert.Equal("SignatureDoesNotMatch", request.Refused(Now, new AccessKeySecret("new")).Code);
        Assert.Equal("rotating", request.Authenticate(Now, new AccessKeySecret("old")).AccessKeyId);
    }

    [Fact]
    public void The_key_cache_is_bounded()
    {
        var cache = new SigningKeyCache();
        for (var i = 0; i < 5000; i++)
        {
            cache.Remember("ak", $"{i}", Secret, [1]);
        }

        Assert.InRange(Enumerable.Range(0, 5000).Count(i => cache.Find("ak", $"{i}", Secret) is not null), 1, 1024);
        Assert.NotNull(cache.Find("ak", "4999", Secret));
        Assert.Null(cache.Find("ak", "4999", new AccessKeySecret("other")));
    }

    [Fact]
    public void A_secret_never_prints_itself()
    {
        var secret = new AccessKeySecret("verysecret");
        string[] prints =
        [
            secret.ToString(), $"{secret}", new AccessKey("ak", secret).ToString(), new Credential("ak", secret, "verysecret").ToString(),
            System.Text.Json.JsonSerializer.Serialize(secret),
        ];
        Assert.All(prints, text => Assert.DoesNotContain("verysecret", text, StringComparison.Ordinal));
        Assert.Equal("***", secret.ToString());
        Assert.Equal("verysecret", secret.Reveal());
        Assert.Equal(secret, new AccessKeySecret("verysecret"));
        Assert.NotEqual(secret, new AccessKeySecret("verysecreT"));
    }

    [Theory]
    [InlineData("ak", true)]
    [InlineData("LTAI5tExample_a-b.c@d", true)]
    [InlineData("", false)]
    [InlineData("a b", false)]
    [InlineData("a/b", false)]
    [InlineData("a:b", false)]
    [InlineData("目", false)]
    public void Access_key_ids_have_their_own_alphabet(string id, bool isValid) => Assert.Equal(isValid, AccessKey.IsValidId(id));

    sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }

    sealed class Keys : IAccessKeySource
    {
        public (string Id, string? Token)? Asked { get; private set; }

        public ValueTask<AccessKey?> FindAsync(string accessKeyId, string? securityToken, CancellationToken ct)
        {
            Asked = (accessKeyId, securityToken);
            return ValueTask.FromResult(accessKeyId switch
            {
                "ak" => new AccessKey("ak", Secret),
                "off" => new AccessKey("off", Secret, IsDisabled: true),
                _ => null,
            });
        }
    }
}
