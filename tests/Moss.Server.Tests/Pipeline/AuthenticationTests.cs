using Moss.Protocol.Signing;
using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Pipeline;

public sealed class AuthenticationTests(TestServer server)
{
    [Theory]
    [InlineData(SignatureVersion.V1)]
    [InlineData(SignatureVersion.V2)]
    [InlineData(SignatureVersion.V4)]
    public async Task Every_version_of_the_signature_opens_the_door(SignatureVersion version)
    {
        var bucket = await server.BucketAsync();
        (await server.SendAsync(Call.Put(bucket, "a b+中", Bytes.Of("x"), ("x-oss-traffic-limit", "819200")).With(("x-oss-meta-a", "中")) with { Signature = version })).Is(200);
        Assert.Equal("x", (await server.SendAsync(Call.Get(bucket, "a b+中") with { Signature = version })).Is(200).Text);
        var wrong = new Credential(TestServer.Root.AccessKeyId, new AccessKeySecret("wrong"));
        (await server.SendAsync(Call.Get(bucket, "a b+中") with { Signature = version, Credential = wrong })).Is(403, "SignatureDoesNotMatch");
    }

    [Fact]
    public async Task Nobody_is_let_in_by_a_wrong_key_or_a_token()
    {
        var bucket = await server.BucketAsync();
        var unknown = new Credential("nobody", new AccessKeySecret("x"));
        (await server.SendAsync(Call.Get(bucket) with { Credential = unknown })).Is(403, "InvalidAccessKeyId").Has("OSSAccessKeyId", "nobody").Has("EC", "0002-00000902");
        var token = new Credential(TestServer.Root.AccessKeyId, TestServer.Root.Secret, "token");
        (await server.SendAsync(Call.Get(bucket) with { Credential = token })).Is(403, "InvalidSecurityToken");
    }

    [Fact]
    public async Task Authentication_comes_before_the_bucket_and_the_bucket_before_what_is_not_served()
    {
        var unknown = new Credential("nobody", new AccessKeySecret("x"));
        (await server.SendAsync(Call.Get("no-such-bucket", null, ("lifecycle", null)) with { Credential = unknown })).Is(403, "InvalidAccessKeyId");
        (await server.SendAsync(Call.Put("no-such-bucket", null, null, ("lifecycle", null)))).Is(404, "NoSuchBucket");
    }

    [Fact]
    public async Task A_clock_that_is_off_is_told_so_that_the_client_can_correct_it()
    {
        var now = TimeProvider.System.GetUtcNow();
        await using var connection = await server.ConnectAsync();
        await connection.SendAsync(Call.Get().Head(server.Address, now.AddMinutes(-16), TestServer.Root));
        var refused = (await connection.ReadAsync()).Is(403, "RequestTimeTooSkewed").Has("MaxAllowedSkewMilliseconds", "900000");
        Assert.Matches("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.000Z$", refused.Element("ServerTime"));
        Assert.Matches("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.000Z$", refused.Element("RequestTime"));
    }

    [Fact]
    public async Task A_mismatch_tells_what_was_signed_but_no_secret()
    {
        var wrong = new Credential(TestServer.Root.AccessKeyId, new AccessKeySecret("wrong"));
        var refused = (await server.SendAsync(Call.Get("some-bucket") with { Credential = wrong })).Is(403, "SignatureDoesNotMatch");
        Assert.NotNull(refused.Element("StringToSign"));
        Assert.NotNull(refused.Element("StringToSignBytes"));
        Assert.DoesNotContain("rootsecret", refused.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SignatureVersion.V1)]
    [InlineData(SignatureVersion.V4)]
    public async Task A_bucket_in_host_and_path_is_read_as_it_was_signed(SignatureVersion version)
    {
        var bucket = await server.BucketAsync();

        // npm ali-oss, told to use path style with an IP address.
        var call = Call.Put(bucket, "k", Bytes.Of("x")) with { Host = $"{bucket}.oss-cn-hangzhou.aliyuncs.com", Signature = version };
        (await server.SendAsync(call)).Is(200);
        Assert.Equal("x", (await server.SendAsync(Call.Get(bucket, "k"))).Is(200).Text);

        // A key that begins like its bucket, addressed by host.
        var own = Call.Put(bucket, bucket + "/k", Bytes.Of("y")) with { IsVirtualHost = true, Signature = version };
        (await server.SendAsync(own)).Is(200);
        Assert.Equal("y", (await server.SendAsync(Call.Get(bucket, bucket + "/k"))).Is(200).Text);
    }

    [Fact]
    public async Task A_plus_in_a_path_is_a_space_for_those_who_sign_so()
    {
        var bucket = await server.BucketAsync();
        (await server.SendAsync(Call.Put(bucket, "a b", Bytes.Of("space")) with { RawTarget = $"/{bucket}/a+b", Signature = SignatureVersion.V1 })).Is(200);
        (await server.SendAsync(Call.Put(bucket, "a+b", Bytes.Of("plus")) with { RawTarget = $"/{bucket}/a+b", Signature = SignatureVersion.V1 })).Is(200);
        Assert.Equal("space", (await server.SendAsync(Call.Get(bucket, "a b"))).Is(200).Text);
        Assert.Equal("plus", (await server.SendAsync(Call.Get(bucket, "a+b"))).Is(200).Text);
    }
}
