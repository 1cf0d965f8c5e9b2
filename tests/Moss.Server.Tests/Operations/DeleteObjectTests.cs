using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Operations;

public sealed class DeleteObjectTests(TestServer server)
{
    [Fact]
    public async Task Deletes_and_does_not_mind_what_is_not_there()
    {
        var bucket = await server.BucketWithAsync("k", Bytes.Of("x"));
        (await server.SendAsync(Call.Delete(bucket, "k"))).Is(204);
        (await server.SendAsync(Call.Head(bucket, "k"))).Is(404, "NoSuchKey");
        (await server.SendAsync(Call.Delete(bucket, "k"))).Is(204);
        (await server.SendAsync(Call.Delete(bucket, "k", ("versionId", "none")))).Is(204);
        (await server.SendAsync(Call.Delete("no-such-bucket", "k"))).Is(404, "NoSuchBucket");
    }
}
