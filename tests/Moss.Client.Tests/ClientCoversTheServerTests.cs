using System.Reflection;
using Moss.Server;

namespace Moss.Client.Tests;

/// <summary>The client has a method for every operation that the server serves.</summary>
public sealed class ClientCoversTheServerTests
{
    /// <summary>Methods are called as the operation is, but for these.</summary>
    static readonly Dictionary<string, string> NamedOtherwise = new(StringComparer.Ordinal)
    {
        ["ListObjects"] = nameof(OssClient.ListObjectsV1PageAsync),
        ["ListObjectsV2"] = nameof(OssClient.ListObjectsPageAsync),
        ["ListObjectVersions"] = nameof(OssClient.ListObjectVersionsPagesAsync),
        ["HeadBucket"] = nameof(OssClient.BucketExistsAsync),
        ["ListBucketInventory"] = nameof(OssClient.ListBucketInventoryPageAsync),
    };

    /// <summary>What a library of a program is not for.</summary>
    static readonly Dictionary<string, string> NotForClients = new(StringComparer.Ordinal)
    {
        ["PostObject"] = "forms are sent by browsers",
        ["OptionObject"] = "preflight requests are sent by browsers",
    };

    public static TheoryData<string> Served =>
        [.. OperationTable.All.Where(operation => operation.Serving == Serving.Full).Select(operation => operation.Name).Distinct(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Served))]
    public void Every_operation_that_is_served_has_a_method(string operation)
    {
        if (!NotForClients.ContainsKey(operation))
        {
            var name = NamedOtherwise.GetValueOrDefault(operation, operation + "Async");
            Assert.Contains(typeof(OssClient).GetMethods(BindingFlags.Public | BindingFlags.Instance), method => method.Name == name);
        }
    }

    [Fact]
    public void Nothing_is_excepted_that_is_not_served()
    {
        var served = OperationTable.All.Where(operation => operation.Serving != Serving.NotImplemented).Select(operation => operation.Name).ToHashSet(StringComparer.Ordinal);
        Assert.Empty(NamedOtherwise.Keys.Concat(NotForClients.Keys).Except(served.Append("OptionObject")));
    }
}
