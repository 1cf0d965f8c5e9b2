using Microsoft.AspNetCore.Http;
using Moss.Server.Pipeline;

namespace Moss.Server.Tests.Pipeline;

public sealed class OperationTableTests
{
    static readonly RequestParser Parser = new(new HostMap(["localhost"], NoCnames.Instance));

    [Theory]
    [InlineData("GET", "/", "ListBuckets")]
    [InlineData("GET", "/?regions", "DescribeRegions")]
    [InlineData("GET", "/bucket/", "ListObjects")]
    [InlineData("GET", "/bucket/?list-type=2&prefix=a", "ListObjectsV2")]
    [InlineData("GET", "/bucket/?uploads", "ListMultipartUploads")]
    [InlineData("GET", "/bucket/?prefix=x&uploads=&max-uploads=3", "ListMultipartUploads")]
    [InlineData("PUT", "/bucket/?acl", "PutBucketAcl")]
    [InlineData("PUT", "/bucket/key?acl", "PutObjectAcl")]
    [InlineData("POST", "/bucket/?delete", "DeleteMultipleObjects")]
    [InlineData("POST", "/bucket/", "PostObject")]
    [InlineData("PUT", "/bucket/key", "PutObject")]
    [InlineData("PUT", "/bucket/key?color=red", "PutObject")]
    [InlineData("PUT", "/bucket/key?partNumber=1&uploadId=x", "UploadPart")]
    [InlineData("PUT", "/bucket/key?uploadId=x", "UploadPart")]
    [InlineData("PUT", "/bucket/key?partNumber=1", "UploadPart")]
    [InlineData("POST", "/bucket/key?position=0&append", "AppendObject")]
    [InlineData("GET", "/bucket/?cname", "ListCname")]
    [InlineData("GET", "/bucket/?cname&comp=token", "GetCnameToken")]
    [InlineData("POST", "/bucket/?cname&comp=add", "PutCname")]
    [InlineData("GET", "/bucket/?inventory", "ListBucketInventory")]
    [InlineData("GET", "/bucket/?inventory&inventoryId=a", "GetBucketInventory")]
    [InlineData("POST", "/bucket/?wormId=1&wormExtend", "ExtendBucketWorm")]
    [InlineData("POST", "/bucket/?wormId=1", "CompleteBucketWorm")]
    [InlineData("GET", "/bucket/key?x-oss-process=image/info", "ProcessObject")]
    [InlineData("GET", "/bucket/key?x-oss-process", "GetObject")]
    [InlineData("HEAD", "/bucket/key?x-oss-process=image/info", "HeadObject")]
    [InlineData("POST", "/bucket/key?x-oss-process", "PostProcessObject")]
    [InlineData("POST", "/bucket/key?x-oss-process=csv/select", "SelectObject")]
    [InlineData("GET", "/bucket/key?lifecycle", "GetObject")]
    [InlineData("OPTIONS", "/bucket/key", "OptionObject")]
    public void Routes_by_sub_resource_and_method(string method, string target, string name) =>
        Assert.Equal(name, OperationTable.Find(Parser.Parse(method, "127.0.0.1", target), new HeaderDictionary()).Name);

    [Fact]
    public void A_copy_is_told_by_its_header()
    {
        var headers = new HeaderDictionary { ["X-Oss-Copy-Source"] = "/a/b" };
        Assert.Equal("CopyObject", OperationTable.Find(Parser.Parse("PUT", "h", "/bucket/key"), headers).Name);
        Assert.Equal("UploadPartCopy", OperationTable.Find(Parser.Parse("PUT", "h", "/bucket/key?partNumber=1&uploadId=x"), headers).Name);
        Assert.Equal("PutObjectAcl", OperationTable.Find(Parser.Parse("PUT", "h", "/bucket/key?acl"), headers).Name);
    }

    [Fact]
    public void No_two_rows_answer_to_the_same_request()
    {
        var doubles = OperationTable.All.GroupBy(row => (row.Method, row.Scope, row.Selector)).Where(group => group.Count() > 1);
        Assert.Empty(doubles);
        Assert.All(OperationTable.All, row => Assert.True(row.Permission.StartsWith("oss:", StringComparison.Ordinal) || row.Name == "OptionObject", row.Name));
    }

    /// <summary>What the issue promises to serve.</summary>
    [Theory]
    [InlineData(
        "ListBuckets DescribeRegions PutBucket DeleteBucket GetBucketInfo GetBucketLocation GetBucketStat PutBucketAcl GetBucketAcl ListObjects ListObjectsV2 "
        + "PutObject GetObject HeadObject GetObjectMeta CopyObject AppendObject SealAppendObject DeleteObject DeleteMultipleObjects PutObjectAcl GetObjectAcl "
        + "PutSymlink GetSymlink PutObjectTagging GetObjectTagging DeleteObjectTagging InitiateMultipartUpload UploadPart UploadPartCopy "
        + "CompleteMultipartUpload AbortMultipartUpload ListMultipartUploads ListParts GetBucketVersioning ListObjectVersions")]
    public void Serves_what_it_promises(string names)
    {
        foreach (var name in names.Split(' '))
        {
            Assert.Contains(OperationTable.All, row => row.Name == name && row.Serving == Serving.Full);
        }
    }

    /// <summary>Set MOSS_UPDATE_DOCS=1 and run the tests of this project to write the page anew.</summary>
    [Fact]
    public void The_compatibility_page_is_the_table()
    {
        var path = Path.Combine(RepositoryRoot(), "docs", "compatibility.md");
        var page = CompatibilityPage.Render();
        if (Environment.GetEnvironmentVariable("MOSS_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(path, page);
        }

        Assert.True(
            File.Exists(path) && File.ReadAllText(path) == page,
            "docs/compatibility.md is out of date; write it anew: MOSS_UPDATE_DOCS=1 dotnet test --project tests/Moss.Server.Tests");
    }

    internal static string RepositoryRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Moss.slnx")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests run from below the repository.");
        }

        return folder;
    }
}
