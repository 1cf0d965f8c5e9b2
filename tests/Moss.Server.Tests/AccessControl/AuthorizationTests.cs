using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Moss.Protocol.Errors;
using Moss.Protocol.Names;
using Moss.Protocol.Signing;
using Moss.Server.AccessControl;
using Moss.Server.AccessControl.Accounts;
using Moss.Server.Pipeline;
using Moss.Server.Tests.Pipeline;
using Moss.Storage.Buckets;
using Moss.Storage.Metadata;

namespace Moss.Server.Tests.AccessControl;

/// <summary>Who may do what, over the wire.</summary>
public sealed class AuthorizationTests : IAsyncLifetime
{
    static readonly byte[] Body = "hello"u8.ToArray();
    AccessServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await AccessServer.StartAsync();
        (await _server.SendAsync("PUT", "photos", by: AccessServer.Root)).Is(200);
        (await _server.SendAsync("PUT", "photos", "a/1.txt", AccessServer.Root, content: Body)).Is(200);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_user_may_do_nothing_until_a_policy_says_so_and_then_just_that_at_once()
    {
        var alice = await _server.UserAsync("alice");
        (await _server.SendAsync("GET", "photos", "a/1.txt", alice)).Is(403, "AccessDenied");

        await AttachAsync("alice", Allow("oss:GetObject", "acs:oss:*:*:photos/a/*"));

        (await _server.SendAsync("GET", "photos", "a/1.txt", alice)).Is(200);
        (await _server.SendAsync("PUT", "photos", "a/2.txt", alice, content: Body)).Is(403, "AccessDenied");
        (await _server.SendAsync("GET", "photos", by: alice)).Is(403, "AccessDenied");
        (await _server.SendAsync("GET", by: alice)).Is(403, "AccessDenied");
        await _server.AdminAsync("policy/detach", new() { ["user"] = "alice" });
        (await _server.SendAsync("GET", "photos", "a/1.txt", alice)).Is(403, "AccessDenied");
    }

    [Theory]
    [InlineData(SignatureVersion.V1)]
    [InlineData(SignatureVersion.V2)]
    [InlineData(SignatureVersion.V4)]
    public async Task Keys_rotate_are_disabled_and_removed_at_once_for_every_signature(SignatureVersion version)
    {
        var first = await _server.UserAsync("alice", Allow("oss:*", "*"));
        var second = AccessServer.KeyOf((await _server.AdminAsync("key/add", new() { ["user"] = "alice" }))!);
        foreach (var key in (Credential[])[first, second])
        {
            (await _server.SendAsync("GET", "photos", "a/1.txt", key, version: version)).Is(200);
            (await _server.SendSignedUrlAsync("GET", "photos", "a/1.txt", key, TimeSpan.FromMinutes(5), version)).Is(200);
        }

        await _server.AdminAsync("key/disable", new() { ["accessKeyId"] = first.AccessKeyId });
        var refused = await _server.SendAsync("GET", "photos", "a/1.txt", first, version: version);
        refused.Is(403, "InvalidAccessKeyId");
        Assert.Equal("0002-00000904", refused.Header("x-oss-ec"));
        (await _server.SendSignedUrlAsync("GET", "photos", "a/1.txt", first, TimeSpan.FromMinutes(5), version)).Is(403, "InvalidAccessKeyId");
        (await _server.SendAsync("GET", "photos", "a/1.txt", second, version: version)).Is(200);
        await _server.AdminAsync("key/enable", new() { ["accessKeyId"] = first.AccessKeyId });
        (await _server.SendAsync("GET", "photos", "a/1.txt", first, version: version)).Is(200);

        await _server.AdminAsync("key/remove", new() { ["accessKeyId"] = first.AccessKeyId });
        var gone = await _server.SendAsync("GET", "photos", "a/1.txt", first, version: version);
        gone.Is(403, "InvalidAccessKeyId");
        Assert.Equal("0002-00000902", gone.Header("x-oss-ec"));
    }

    [Fact]
    public async Task A_refusal_says_its_reason_and_its_code()
    {
        var alice = await _server.UserAsync("alice", Allow("oss:*", "*", ("Deny", "oss:DeleteObject")));
        var denied = await _server.SendAsync("DELETE", "photos", "a/1.txt", alice);
        denied.Is(403, "AccessDenied");
        Assert.Equal("0003-00000201", denied.Header("x-oss-ec"));
        Assert.Equal("oss:DeleteObject", denied.Element("AuthAction"));
        Assert.Equal("ExplicitDeny", denied.Element("NoPermissionType"));

        await PutPolicyAsync("photos", Statement("Deny", "*", "oss:GetObject", "acs:oss:*:*:photos/*", """{"Bool":{"acs:SecureTransport":"false"}}"""));
        var byBucket = await _server.SendAsync("GET", "photos", "a/1.txt", AccessServer.Root);
        byBucket.Is(403, "AccessDenied");
        Assert.Equal("0003-00000101", byBucket.Header("x-oss-ec"));
        Assert.Equal("Access denied by bucket policy.", byBucket.Message);

        var head = await _server.SendAsync("HEAD", "photos", "a/1.txt", AccessServer.Root);
        head.Is(403);
        Assert.Contains("<Code>AccessDenied</Code>", Encoding.UTF8.GetString(Convert.FromBase64String(head.Header("x-oss-err")!)), StringComparison.Ordinal);

        // The way back.
        (await _server.SendAsync("DELETE", "photos", by: AccessServer.Root, query: "policy")).Is(204);
        (await _server.SendAsync("GET", "photos", "a/1.txt", AccessServer.Root)).Is(200);
    }

    [Fact]
    public async Task Another_account_gets_what_a_bucket_policy_grants_its_uid_and_nothing_else()
    {
        var other = (await _server.AdminAsync("account/add", new() { ["name"] = "second" }))!;
        var key = AccessServer.KeyOf(other);
        var uid = (string)other["uid"]!;
        var refused = await _server.SendAsync("GET", "photos", "a/1.txt", key);
        refused.Is(403, "AccessDenied");
        Assert.Equal("0003-00000001", refused.Header("x-oss-ec"));
        var list = await _server.SendAsync("GET", "photos", by: key);
        list.Is(403, "AccessDenied");
        Assert.Equal("The bucket you access does not belong to you.", list.Message);

        await PutPolicyAsync("photos", Statement("Allow", uid, "oss:GetObject", "acs:oss:*:*:photos/a/*"));

        (await _server.SendAsync("GET", "photos", "a/1.txt", key)).Is(200);
        (await _server.SendAsync("DELETE", "photos", "a/1.txt", key)).Is(403, "AccessDenied");
        (await _server.SendAsync("GET", "photos", "a/1.txt")).Is(403, "AccessDenied");
        (await _server.SendAsync("DELETE", "photos", by: key, query: "policy")).Is(403, "AccessDenied");
    }

    [Fact]
    public async Task Each_account_owns_and_lists_its_own_buckets()
    {
        var other = AccessServer.KeyOf((await _server.AdminAsync("account/add", new() { ["name"] = "second" }))!);
        (await _server.SendAsync("PUT", "photos", by: other)).Is(409, "BucketAlreadyExists");
        (await _server.SendAsync("PUT", "videos", by: other)).Is(200);

        var mine = await _server.SendAsync("GET", by: AccessServer.Root);
        var theirs = await _server.SendAsync("GET", by: other);

        Assert.Contains("<Name>photos</Name>", mine.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("videos", mine.Text, StringComparison.Ordinal);
        Assert.Contains("<Name>videos</Name>", theirs.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("photos", theirs.Text, StringComparison.Ordinal);
        (await _server.SendAsync("GET", "videos", by: AccessServer.Root)).Is(403, "AccessDenied");
    }

    [Fact]
    public async Task Putting_a_bucket_that_is_there_needs_the_rights_that_its_policy_and_its_ACL_need()
    {
        async Task<string> AclAsync() => (await _server.SendAsync("GET", "photos", by: AccessServer.Root, query: "acl")).Text;
        Task<Reply> Put(Credential by, string? acl = null) =>
            _server.SendAsync("PUT", "photos", by: by, headers: acl is null ? [] : [("x-oss-acl", acl)]);

        // Without the right to change the ACL the bucket can be put, but not with another ACL.
        var alice = await _server.UserAsync("alice", Allow("oss:*", "*", ("Deny", "oss:PutBucketAcl")));
        (await Put(alice)).Is(200);
        (await Put(alice, "private")).Is(200);
        var refused = await Put(alice, "public-read-write");
        refused.Is(403, "AccessDenied");
        Assert.Equal("oss:PutBucketAcl", refused.Element("AuthAction"));
        Assert.Contains("<Grant>private</Grant>", await AclAsync(), StringComparison.Ordinal);

        // The ACL of a new bucket comes with it; conditions see it.
        (await _server.SendAsync("PUT", "alices-bucket", by: alice, headers: ("x-oss-acl", "public-read"))).Is(200);

        // The bucket's own policy counts.
        await AttachAsync("alice", Allow("oss:*", "*"));
        var uid = (string)(await _server.AdminAsync("user/show", new() { ["name"] = "alice" }))!["uid"]!;
        await PutPolicyAsync("photos", Statement("Deny", uid, "oss:*", "acs:oss:*:*:photos"));
        var denied = await Put(alice);
        denied.Is(403, "AccessDenied");
        Assert.Equal("0003-00000101", denied.Header("x-oss-ec"));
        (await Put(alice, "public-read-write")).Is(403, "AccessDenied");

        await PutPolicyAsync("photos", Statement("Deny", uid, "oss:PutBucketAcl", "acs:oss:*:*:photos"));
        (await Put(alice, "public-read-write")).Is(403, "AccessDenied");
        Assert.Contains("<Grant>private</Grant>", await AclAsync(), StringComparison.Ordinal);
        (await Put(AccessServer.Root, "public-read")).Is(200);
        Assert.Contains("<Grant>public-read</Grant>", await AclAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_account_that_owns_buckets_stays()
    {
        var account = (await _server.AdminAsync("account/add", new() { ["name"] = "acme" }))!;
        var key = AccessServer.KeyOf(account);
        foreach (var number in Enumerable.Range(1, 7))
        {
            (await _server.SendAsync("PUT", $"acme-{number}", by: key)).Is(200);
        }

        var refused = await _server.TryAdminAsync("account/remove", new() { ["name"] = "acme" });
        Assert.Equal(409, refused.Status);
        Assert.Contains("DeleteConflict.Account", refused.Text, StringComparison.Ordinal);
        Assert.Contains("owns 7 buckets: acme-1, acme-2, acme-3, acme-4, acme-5 and 2 more", refused.Text, StringComparison.Ordinal);
        (await _server.SendAsync("GET", "acme-1", by: key)).Is(200);

        foreach (var number in Enumerable.Range(1, 7))
        {
            (await _server.SendAsync("DELETE", $"acme-{number}", by: key)).Is(204);
        }

        await _server.AdminAsync("account/remove", new() { ["name"] = "acme" });
    }

    [Fact]
    public async Task A_bucket_that_is_deleted_while_it_is_put_again_is_judged_as_one_to_be_made()
    {
        // Here it is found, and the storage has it no more.
        var ct = TestContext.Current.CancellationToken;
        await using var before = new InMemoryMetadataStore();
        await before.WriteAsync(
            [],
            tx => tx.Buckets.InsertAsync(new() { Name = BucketName.Parse("gone"), OwnerId = AccountRecord.RootUid, CreationDate = _server.Time.GetUtcNow() }),
            ct);
        var authorizer = new PolicyAuthorizer(new(_server.Services.Storage, before), region: null);
        var http = new DefaultHttpContext();
        http.Request.Method = "PUT";
        var request = _server.Services.Parser.Parse("PUT", "localhost", "/gone");
        var context = new OssContext(http, _server.Services, "id", started: 0) { Request = request, Operation = OperationTable.Find(request, http.Request.Headers) };

        context.Caller = await CallerAsync(AccessServer.Root, ct);
        await authorizer.AuthorizeAsync(context, ct);

        // Which not everybody may do.
        context.Caller = await CallerAsync(await _server.UserAsync("alice"), ct);
        var refusal = await Assert.ThrowsAsync<OssException>(async () => await authorizer.AuthorizeAsync(context, ct));
        Assert.Equal("AccessDenied", refusal.Code);
    }

    async Task<Caller> CallerAsync(Credential by, CancellationToken ct) => (await _server.Services.Access.Keys.OpenAsync(ct)).CallerOf(by.AccessKeyId);

    [Fact]
    public async Task No_bucket_is_made_for_an_account_that_is_gone()
    {
        var account = (await _server.AdminAsync("account/add", new() { ["name"] = "acme" }))!;
        var request = new PutBucketRequest { OwnerId = (string)account["uid"]!, Guard = AccessStore.GuardOf((string)account["uid"]!) };
        await _server.Services.Storage.Buckets.PutAsync(BucketName.Parse("before"), request, TestContext.Current.CancellationToken);
        await _server.Services.Storage.Buckets.DeleteAsync(BucketName.Parse("before"), TestContext.Current.CancellationToken);
        await _server.AdminAsync("account/remove", new() { ["name"] = "acme" });

        // What a request does that was let in before its account was removed.
        var refusal = await Assert.ThrowsAsync<OssException>(async () =>
            await _server.Services.Storage.Buckets.PutAsync(BucketName.Parse("after"), request, TestContext.Current.CancellationToken));
        Assert.Equal("InvalidAccessKeyId", refusal.Code);
    }

    [Fact]
    public async Task An_account_and_its_new_bucket_do_not_pass_each_other()
    {
        foreach (var round in Enumerable.Range(0, 40))
        {
            var account = (await _server.AdminAsync("account/add", new() { ["name"] = $"acme-{round}" }))!;
            var making = _server.SendAsync("PUT", $"bucket-{round}", by: AccessServer.KeyOf(account));
            var removing = _server.TryAdminAsync("account/remove", new() { ["name"] = $"acme-{round}" });
            var (made, removed) = (await making, await removing);
            Assert.True(made.Status == 200 ^ removed.Status == 204, $"{made.Status} {made.Text}, {removed.Status} {removed.Text}");
        }
    }

    [Fact]
    public async Task A_user_of_another_account_is_not_helped_by_its_own_policies()
    {
        await _server.AdminAsync("account/add", new() { ["name"] = "second" });
        var bob = await _server.UserAsync("bob", Allow("oss:*", "*"), account: "second");

        (await _server.SendAsync("GET", "photos", "a/1.txt", bob)).Is(403, "AccessDenied");
        (await _server.SendAsync("PUT", "bobs-bucket", by: bob)).Is(200);
        (await _server.SendAsync("PUT", "bobs-bucket", "k", bob, content: Body)).Is(200);
    }

    [Fact]
    public async Task Every_step_of_a_multipart_upload_needs_its_own_action()
    {
        var writer = await _server.UserAsync("writer", Allow("oss:PutObject", "acs:oss:*:*:photos/*"));
        var initiated = await _server.SendAsync("POST", "photos", "big", writer, query: "uploads");
        initiated.Is(200);
        var id = initiated.Element("UploadId");
        var part = await _server.SendAsync("PUT", "photos", "big", writer, query: $"partNumber=1&uploadId={id}", content: Body);
        part.Is(200);
        (await _server.SendAsync("GET", "photos", "big", writer, query: $"uploadId={id}")).Is(403, "AccessDenied");
        (await _server.SendAsync("DELETE", "photos", "big", writer, query: $"uploadId={id}")).Is(403, "AccessDenied");
        (await _server.SendAsync("GET", "photos", by: writer, query: "uploads")).Is(403, "AccessDenied");
        var copy = await _server.SendAsync(
            "PUT", "photos", "big", writer, query: $"partNumber=2&uploadId={id}", headers: ("x-oss-copy-source", "/photos/a/1.txt"));
        copy.Is(403, "AccessDenied");

        await AttachAsync("writer", Allow(["oss:PutObject", "oss:ListParts", "oss:ListMultipartUploads", "oss:AbortMultipartUpload", "oss:GetObject"], "*"));
        (await _server.SendAsync("GET", "photos", "big", writer, query: $"uploadId={id}")).Is(200);
        (await _server.SendAsync("GET", "photos", by: writer, query: "uploads")).Is(200);
        (await _server.SendAsync("PUT", "photos", "big", writer, query: $"partNumber=2&uploadId={id}", headers: ("x-oss-copy-source", "/photos/a/1.txt"))).Is(200);
        (await _server.SendAsync("DELETE", "photos", "big", writer, query: $"uploadId={id}")).Is(204);

        await AttachAsync("writer", Allow("oss:GetObject", "*"));
        (await _server.SendAsync("POST", "photos", "big", writer, query: "uploads")).Is(403, "AccessDenied");
    }

    [Fact]
    public async Task A_list_of_keys_is_deleted_only_when_every_key_may_be()
    {
        (await _server.SendAsync("PUT", "photos", "b/1.txt", AccessServer.Root, content: Body)).Is(200);
        var alice = await _server.UserAsync("alice", Allow("oss:DeleteObject", "acs:oss:*:*:photos/a/*"));
        static byte[] Keys(params string[] keys) => Encoding.UTF8.GetBytes($"<Delete>{string.Concat(keys.Select(key => $"<Object><Key>{key}</Key></Object>"))}</Delete>");

        (await _server.SendAsync("POST", "photos", by: alice, query: "delete", content: Keys("a/1.txt", "b/1.txt"))).Is(403, "AccessDenied");
        (await _server.SendAsync("HEAD", "photos", "a/1.txt", AccessServer.Root)).Is(200);
        (await _server.SendAsync("POST", "photos", by: alice, query: "delete", content: Keys("a/1.txt"))).Is(200);
        (await _server.SendAsync("HEAD", "photos", "a/1.txt", AccessServer.Root)).Is(404);
    }

    [Fact]
    public async Task Setting_tags_with_a_write_needs_the_right_to_set_tags()
    {
        var alice = await _server.UserAsync("alice", Allow("oss:PutObject", "*"));
        (await _server.SendAsync("PUT", "photos", "t", alice, content: Body, headers: ("x-oss-tagging", "k=v"))).Is(403, "AccessDenied");

        await AttachAsync("alice", Allow(["oss:PutObject", "oss:PutObjectTagging"], "*"));
        (await _server.SendAsync("PUT", "photos", "t", alice, content: Body, headers: ("x-oss-tagging", "k=v"))).Is(200);
    }

    [Fact]
    public async Task Tags_that_travel_with_a_copy_need_the_right_to_set_tags_also_from_a_bucket_of_ones_own()
    {
        var account = (await _server.AdminAsync("account/add", new() { ["name"] = "giver" }))!;
        var other = AccessServer.KeyOf(account);
        (await _server.SendAsync("PUT", "givers", by: other)).Is(200);
        (await _server.SendAsync("PUT", "givers", "x", other, content: Body, headers: ("x-oss-tagging", "scan=clean"))).Is(200);
        var uid = (string)account["uid"]!;
        string Grant(string action) => Statement("Allow", uid, action, "acs:oss:*:*:photos/*");

        await PutPolicyAsync("photos", Grant("oss:PutObject"));
        (await _server.SendAsync("PUT", "photos", "y", other, headers: ("x-oss-copy-source", "/givers/x"))).Is(403, "AccessDenied");
        await PutPolicyAsync("photos", $"{Grant("oss:PutObject")},{Grant("oss:PutObjectTagging")}");
        (await _server.SendAsync("PUT", "photos", "y", other, headers: ("x-oss-copy-source", "/givers/x"))).Is(200);
    }

    [Fact]
    public async Task Conditions_see_the_request_and_the_object()
    {
        (await _server.SendAsync("PUT", "photos", "red", AccessServer.Root, content: Body, headers: ("x-oss-tagging", "colour=red"))).Is(200);
        (await _server.SendAsync("PUT", "photos", "blue", AccessServer.Root, content: Body, headers: ("x-oss-tagging", "colour=blue"))).Is(200);
        var alice = await _server.UserAsync("alice", Allow("oss:GetObject", "*", condition: """{"StringEquals":{"oss:ExistingObjectTag/colour":"red"}}"""));
        (await _server.SendAsync("GET", "photos", "red", alice)).Is(200);
        (await _server.SendAsync("GET", "photos", "blue", alice)).Is(403, "AccessDenied");

        await AttachAsync("alice", Allow("oss:PutObjectTagging", "*", condition: """{"StringEquals":{"oss:RequestObjectTag/colour":"green"}}"""));
        static byte[] Tags(string colour) => Encoding.UTF8.GetBytes($"<Tagging><TagSet><Tag><Key>colour</Key><Value>{colour}</Value></Tag></TagSet></Tagging>");
        (await _server.SendAsync("PUT", "photos", "red", alice, query: "tagging", content: Tags("black"))).Is(403, "AccessDenied");
        (await _server.SendAsync("PUT", "photos", "red", alice, query: "tagging", content: Tags("green"))).Is(200);

        await AttachAsync("alice", Allow("oss:ListObjects", "*", condition: """{"StringLike":{"oss:Prefix":"a/*"},"IpAddress":{"acs:SourceIp":"127.0.0.0/8"}}"""));
        (await _server.SendAsync("GET", "photos", by: alice, query: "prefix=a%2F")).Is(200);
        (await _server.SendAsync("GET", "photos", by: alice)).Is(403, "AccessDenied");

        await AttachAsync("alice", Allow("oss:ListObjects", "*", condition: """{"NotIpAddress":{"acs:SourceIp":"127.0.0.0/8"}}"""));
        (await _server.SendAsync("GET", "photos", by: alice, query: "prefix=a%2F")).Is(403, "AccessDenied");

        await AttachAsync("alice", Allow("oss:PutObject", "*", condition: """{"StringNotEquals":{"oss:x-oss-object-acl":"public-read"}}"""));
        (await _server.SendAsync("PUT", "photos", "x", alice, content: Body)).Is(200);
        (await _server.SendAsync("PUT", "photos", "x", alice, content: Body, headers: ("x-oss-object-acl", "public-read"))).Is(403, "AccessDenied");
    }

    [Fact]
    public async Task A_public_link_to_a_private_object_gives_nothing_away()
    {
        (await _server.SendAsync(
            "PUT", "photos", "link", AccessServer.Root, query: "symlink", headers: [("x-oss-symlink-target", "a%2F1.txt"), ("x-oss-object-acl", "public-read")])).Is(200);
        (await _server.SendAsync("GET", "photos", "link")).Is(403, "AccessDenied");

        var alice = await _server.UserAsync("alice", Allow("oss:GetObject", "acs:oss:*:*:photos/link"));
        (await _server.SendAsync("GET", "photos", "link", alice)).Is(403, "AccessDenied");
        await AttachAsync("alice", Allow("oss:GetObject", "acs:oss:*:*:photos/*"));
        (await _server.SendAsync("GET", "photos", "link", alice)).Is(200);
    }

    [Fact]
    public async Task A_stranger_pays_or_is_refused_where_the_requester_pays()
    {
        (await _server.SendAsync("PUT", "photos", by: AccessServer.Root, query: "acl", headers: ("x-oss-acl", "public-read"))).Is(200);
        (await _server.SendAsync("PUT", "photos", by: AccessServer.Root, query: "requestPayment", content: "<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>"u8.ToArray())).Is(200);
        var other = AccessServer.KeyOf((await _server.AdminAsync("account/add", new() { ["name"] = "second" }))!);

        var refused = await _server.SendAsync("GET", "photos", "a/1.txt", other);
        refused.Is(403, "AccessDenied");
        Assert.Equal("0003-00000703", refused.Header("x-oss-ec"));
        (await _server.SendAsync("GET", "photos", "a/1.txt")).Is(403, "AccessDenied");
        var paid = await _server.SendAsync("GET", "photos", "a/1.txt", other, headers: ("x-oss-request-payer", "requester"));
        paid.Is(200);
        Assert.Equal("requester", paid.Header("x-oss-request-charged"));
        var owner = await _server.SendAsync("GET", "photos", "a/1.txt", AccessServer.Root);
        owner.Is(200);
        Assert.Null(owner.Header("x-oss-request-charged"));
    }

    [Fact]
    public async Task The_admin_api_is_for_the_root_credential_alone()
    {
        var alice = await _server.UserAsync("alice", Allow("*", "*"));
        Assert.Equal(403, (await _server.TryAdminAsync("user/list", by: alice)).Status);
        Assert.Equal(403, (await _server.TryAdminAsync("user/list", by: new Credential(AccessServer.Root.AccessKeyId, new AccessKeySecret("wrong")))).Status);
        Assert.Equal(403, (await _server.SendAsync("POST", "-", "admin/user/list")).Status);
        Assert.Equal(403, (await _server.SendAsync("POST", "-", "admin/user/list", AccessServer.Root, version: SignatureVersion.V1)).Status);
        Assert.Equal(404, (await _server.TryAdminAsync("user/unknown")).Status);
        Assert.Equal(409, (await _server.TryAdminAsync("user/add", new() { ["name"] = "alice" })).Status);
        Assert.Equal(400, (await _server.TryAdminAsync("user/add", new() { ["name"] = "a/b" })).Status);
        Assert.Equal(400, (await _server.TryAdminAsync("user/add", new() { ["name"] = new JsonArray() })).Status);
    }

    [Fact]
    public async Task A_call_of_the_admin_api_is_believed_only_whole()
    {
        await _server.UserAsync("alice");
        var body = """{"user":"alice"}"""u8.ToArray();
        async Task<Reply> SendAsync(string? signedMd5, string? sentMd5, byte[] sent)
        {
            KeyValuePair<string, string>[] signed = signedMd5 is null ? [] : [new("Content-MD5", signedMd5)];
            var headers = new List<KeyValuePair<string, string>>(sentMd5 is null ? [] : [new("Content-MD5", sentMd5)]);
            headers.AddRange(new Signer(AccessServer.Root, new() { Version = SignatureVersion.V4, Region = "cn-hangzhou" })
                .Sign(SignableRequest.ToSend("POST", "-", "admin/key/list", [], signed), _server.Time.GetUtcNow()));
            return await _server.RawAsync("POST", "/-/admin/key/list", headers, sent);
        }

        var (md5, ofNothing) = (Convert.ToBase64String(MD5.HashData(body)), Convert.ToBase64String(MD5.HashData([])));
        Assert.Equal(200, (await SendAsync(md5, md5, body)).Status);
        Assert.Equal(200, (await SendAsync(null, null, [])).Status);
        Assert.Equal(200, (await SendAsync(ofNothing, ofNothing, [])).Status);
        foreach (var tampered in (Reply[])
            [
                await SendAsync(md5, md5, []),
                await SendAsync(md5, null, []),
                await SendAsync(md5, ofNothing, []),
                await SendAsync(null, null, body),
                await SendAsync(null, md5, body),
                await SendAsync(md5, md5, """{"user":"alicf"}"""u8.ToArray()),
            ])
        {
            Assert.True(tampered.Status is 400 or 403, tampered.Text);
        }
    }

    [Theory]
    [InlineData("key/add", "{}")]
    [InlineData("key/add", "null")]
    [InlineData("key/add", """{"usr":"alice"}""")]
    [InlineData("key/add", """{"User":"alice"}""")]
    [InlineData("key/add", """{"user":"alice","user":"bob"}""")]
    [InlineData("key/add", """{"user":"alice","usr":"bob"}""")]
    [InlineData("policy/detach", """{"user":"alice","role":"r"}""")]
    [InlineData("policy/list", """{"user":"alice","role":"r"}""")]
    public async Task A_call_that_does_not_say_clearly_whom_it_means_is_refused(string call, string body)
    {
        await _server.UserAsync("alice");
        var reply = await _server.SendAsync("POST", "-", $"admin/{call}", AccessServer.Root, content: Encoding.UTF8.GetBytes(body), type: "application/json");

        Assert.True(reply.Status == 400, reply.Text);
        Assert.Single((await _server.AdminAsync("key/list"))!.AsArray());
        Assert.Equal("1000000000000001", (string)(await _server.AdminAsync("key/add", new() { ["account"] = "root" }))!["accountUid"]!);
    }

    [Fact]
    public async Task Every_call_of_the_admin_api_is_documented()
    {
        var page = await File.ReadAllTextAsync(
            Path.Combine(OperationTableTests.RepositoryRoot(), "docs", "admin.md"), TestContext.Current.CancellationToken);
        Assert.All(_server.Services.Access.Admin.All.Keys.Append("lifecycle/run").Append("inventory/run"), call =>
            Assert.Contains($"`{call}`", page, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_policy_that_protects_nothing_is_refused_when_it_is_put()
    {
        foreach (var resource in (string[])["acs:oss:::photos/*", "acs:oss:*:*:videos/*", "acs:oss:*:1000000000000002:photos/*"])
        {
            var policy = $$"""{"Version":"1","Statement":[{{Statement("Deny", "1000000000000002", "oss:*", resource)}}]}""";
            (await _server.SendAsync("PUT", "photos", by: AccessServer.Root, query: "policy", content: Encoding.UTF8.GetBytes(policy))).Is(400, "InvalidPolicyDocument");
        }

        (await _server.SendAsync("GET", "photos", by: AccessServer.Root, query: "policy")).Is(404, "NoSuchBucketPolicy");
        await _server.UserAsync("alice");
        Assert.Equal(400, (await _server.TryAdminAsync("policy/attach", new() { ["user"] = "alice", ["document"] = Allow("oss:*", "acs:oss:::photos") })).Status);
    }

    [Fact]
    public async Task What_is_simulated_is_what_happens()
    {
        var alice = await _server.UserAsync("alice", Allow("oss:GetObject", "acs:oss:*:*:photos/a/*"));
        async Task<JsonNode> SimulateAsync(string action, string key) =>
            (await _server.AdminAsync("policy/simulate", new() { ["user"] = "alice", ["action"] = action, ["bucket"] = "photos", ["key"] = key }))!;

        foreach (var key in (string[])["a/1.txt", "b/1.txt"])
        {
            var status = (await _server.SendAsync("GET", "photos", key, alice)).Status;
            var simulated = await SimulateAsync("oss:GetObject", key);
            Assert.Equal(status != 403, (bool)simulated["allowed"]!);
        }

        var allowed = await SimulateAsync("oss:GetObject", "a/1.txt");
        Assert.Equal("IdentityPolicyAllows", (string)allowed["reason"]!);
        Assert.Equal("policy 1, statement 1", (string)allowed["statement"]!);
    }

    [Fact]
    public async Task What_is_simulated_of_roles_links_payers_and_new_buckets_is_what_happens()
    {
        const string Trust = """{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":["acs:ram::1000000000000001:user/alice"]}}]}""";
        const string RoleArn = "acs:ram::1000000000000001:role/Reader";
        var mayAssume = Allow("sts:AssumeRole", "*");
        await _server.UserAsync("alice", mayAssume);
        await _server.UserAsync("bob", mayAssume);
        await _server.AdminAsync("role/add", new() { ["name"] = "reader", ["trust"] = Trust, ["document"] = Allow("oss:*", "*") });
        var stranger = (string)(await _server.AdminAsync("account/add", new() { ["name"] = "stranger" }))!["uid"]!;
        (await _server.SendAsync("PUT", "photos", "link", AccessServer.Root, query: "symlink", headers: ("x-oss-symlink-target", "a/1.txt"))).Is(200);
        (await _server.SendAsync("PUT", "paid", by: AccessServer.Root, headers: ("x-oss-acl", "public-read"))).Is(200);
        (await _server.SendAsync("PUT", "paid", by: AccessServer.Root, query: "requestPayment", content: "<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>"u8.ToArray())).Is(200);
        (await _server.SendAsync("PUT", "paid", "k", AccessServer.Root, content: Body)).Is(200);

        await SimulatesAsync("TrustPolicyAllows", """{"user":"alice","action":"sts:AssumeRole","resource":"acs:ram::1000000000000001:role/READER"}""");
        await SimulatesAsync("TrustPolicyDenies", $$"""{"user":"bob","action":"sts:AssumeRole","resource":"{{RoleArn}}"}""");
        await SimulatesAsync("AccountsAssumeNoRoles", $$"""{"action":"sts:AssumeRole","resource":"{{RoleArn}}"}""");
        await AttachAsync("alice", Allow("sts:*", "*", ("Deny", "sts:AssumeRole")));
        await SimulatesAsync("IdentityPolicyDenies", $$"""{"user":"alice","action":"sts:AssumeRole","resource":"{{RoleArn}}"}""");

        await SimulatesAsync("NothingAllows", """{"user":"bob","action":"oss:PutBucket","bucket":"not-yet-there"}""");
        await AttachAsync("bob", Allow(["oss:PutBucket", "oss:GetObject"], "acs:oss:*:*:*", ("Deny", "oss:DeleteBucket")));
        await SimulatesAsync("IdentityPolicyAllows", """{"user":"bob","action":"oss:putbucket","bucket":"not-yet-there"}""");
        await PutPolicyAsync("photos", Statement("Deny", "*", "oss:PutBucket", "acs:oss:*:*:photos", """{"Bool":{"acs:SecureTransport":"false"}}"""));
        await SimulatesAsync("BucketPolicyDenies", """{"user":"bob","action":"oss:PutBucket","bucket":"photos","values":{"acs:SecureTransport":"false"}}""");

        await SimulatesAsync("RequesterPays", $$"""{"account":"{{stranger}}","action":"oss:GetObject","bucket":"paid","key":"k"}""");
        await SimulatesAsync("AclAllows", $$"""{"account":"{{stranger}}","action":"oss:GetObject","bucket":"paid","key":"k","requestPayer":"requester"}""");
        await SimulatesAsync("RequesterPays", """{"anonymous":true,"action":"oss:GetObject","bucket":"paid","key":"k","requestPayer":"requester"}""");

        await AttachAsync("bob", Allow("oss:GetObject", "acs:oss:*:*:photos/link"));
        await SimulatesAsync("BucketAclDenies", """{"user":"bob","action":"oss:GetObject","bucket":"photos","key":"link"}""");
        await SimulatesAsync("SessionPolicyDenies", """{"role":"reader","action":"oss:GetObject","bucket":"photos","key":"link","sessionPolicy":"{\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"oss:Put*\",\"Resource\":\"*\"}]}"}""");
        Assert.Equal("oss:GetObjectVersion", (string)(await SimulatesAsync("IdentityPolicyAllows", """{"role":"reader","action":"oss:GetObject","bucket":"photos","key":"a/1.txt","versionId":"v"}"""))["action"]!);
    }

    [Theory]
    [InlineData("""{"action":"oss:Nonsense","bucket":"photos"}""")]
    [InlineData("""{"action":"oss:Get*","bucket":"photos","key":"k"}""")]
    [InlineData("""{"action":"oss:GetObject","bucket":"photos"}""")]
    [InlineData("""{"action":"oss:GetObject"}""")]
    [InlineData("""{"action":"oss:ListObjects","bucket":"photos","key":"k"}""")]
    [InlineData("""{"action":"oss:ListBuckets","bucket":"photos"}""")]
    [InlineData("""{"action":"oss:ListObjects","bucket":"photos","versionId":"v"}""")]
    [InlineData("""{"action":"oss:ListObjects","bucket":"photos","resource":"acs:ram::1:role/r"}""")]
    [InlineData("""{"action":"sts:AssumeRole","bucket":"photos"}""")]
    [InlineData("""{"action":"sts:AssumeRole","resource":"acs:ram::1:user/r"}""")]
    [InlineData("""{"action":"oss:ListObjects","bucket":"photos","values":{"oss:prefix":"a","oss:Prefix":"b"}}""")]
    [InlineData("""{"action":"oss:ListObjects","bucket":"photos","values":{"acs:Nothing":"a"}}""")]
    [InlineData("""{"action":"oss:ListObjects","bucket":"photos","user":"alice","anonymous":true}""")]
    [InlineData("""{"action":"oss:ListObjects","bucket":"photos","user":"alice","sessionPolicy":"{}"}""")]
    [InlineData("""{"action":"oss:ListObjects","bucket":"photos","document":"{}"}""")]
    public async Task A_question_that_no_request_asks_is_not_simulated(string body)
    {
        await _server.UserAsync("alice");
        Assert.Equal(400, (await _server.TryAdminAsync("policy/simulate", JsonNode.Parse(body)!.AsObject())).Status);
    }

    async Task<JsonNode> SimulatesAsync(string reason, string body)
    {
        var answer = (await _server.AdminAsync("policy/simulate", JsonNode.Parse(body)!.AsObject()))!;
        Assert.True((string)answer["reason"]! == reason, $"{body}\n{answer}");
        return answer;
    }

    async Task AttachAsync(string user, string policy) => await _server.AdminAsync("policy/attach", new() { ["user"] = user, ["document"] = policy });

    async Task PutPolicyAsync(string bucket, string statement) =>
        (await _server.SendAsync("PUT", bucket, by: AccessServer.Root, query: "policy", content: Encoding.UTF8.GetBytes($$"""{"Version":"1","Statement":[{{statement}}]}"""))).Is(200);

    static string Statement(string effect, string principal, string action, string resource, string? condition = null) =>
        new JsonObject
        {
            ["Effect"] = effect,
            ["Principal"] = new JsonArray(principal),
            ["Action"] = action,
            ["Resource"] = resource,
            ["Condition"] = condition is null ? new JsonObject() : JsonNode.Parse(condition),
        }.ToJsonString();

    static string Allow(string action, string resource, (string Effect, string Action)? also = null, string? condition = null) =>
        Allow([action], resource, also, condition);

    static string Allow(string[] actions, string resource, (string Effect, string Action)? also = null, string? condition = null)
    {
        var statements = new JsonArray(new JsonObject
        {
            ["Effect"] = "Allow",
            ["Action"] = new JsonArray([.. actions.Select(action => (JsonNode)action!)]),
            ["Resource"] = resource,
            ["Condition"] = condition is null ? new JsonObject() : JsonNode.Parse(condition),
        });
        if (also is { } extra)
        {
            statements.Add(new JsonObject { ["Effect"] = extra.Effect, ["Action"] = extra.Action, ["Resource"] = resource });
        }

        return new JsonObject { ["Version"] = "1", ["Statement"] = statements }.ToJsonString();
    }
}
