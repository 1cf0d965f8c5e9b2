using System.Collections.Frozen;
using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using Moss.Protocol.Errors;
using Moss.Server.Pipeline;

namespace Moss.Server;

/// <summary>
/// Every documented operation, served or not, and how a request finds its row: by sub-resource first, then by method, so that a
/// sub-resource nobody serves never becomes a listing or an upload.
/// </summary>
static partial class OperationTable
{
    /// <summary>
    /// All rows, in the order of the documentation. They stand in classes of their own, so that they are made before this one is.
    /// </summary>
    public static readonly ImmutableArray<Operation> All =
        [.. ServiceTable.Rows, .. BucketTable.Rows, .. ObjectTable.Rows, .. MultipartTable.Rows];

    /// <summary>
    /// Sub-resources that the service knows and signs but no longer (or not publicly) documents: they answer <c>NotImplemented</c> and
    /// never fall through.
    /// </summary>
    static readonly FrozenSet<string> Undocumented = FrozenSet.Create(
        StringComparer.Ordinal,
        "comp", "group", "img", "link", "objectInfo", "processConfiguration", "qos", "qosRequester", "udf", "udfApplication", "udfApplicationLog",
        "udfId", "udfImage", "udfImageDesc", "udfName", "vip", "vpcip");

    // The order of the table decides between sub-resources that come together: UploadPart names both partNumber and uploadId.
    static readonly FrozenDictionary<string, int> SubResources = All
        .Select((operation, index) => (operation.SubResource, index))
        .Where(pair => pair.SubResource.Length > 0)
        .GroupBy(pair => pair.SubResource, pair => pair.index)
        .ToFrozenDictionary(group => group.Key, group => group.Min(), StringComparer.Ordinal);

    // Rows of a sub-resource in a scope, the most specific first.
    static readonly FrozenDictionary<(Scope, string), Operation[]> Rows = All
        .GroupBy(operation => (operation.Scope, operation.SubResource))
        .ToFrozenDictionary(group => group.Key, group => group.OrderByDescending(operation => operation.Terms.Length).ToArray());

    /// <summary>The operation a request asks for.</summary>
    /// <exception cref="OssException">
    /// <c>MethodNotAllowed</c>: no operation of that method on this (sub-)resource; <c>NotImplemented</c>: an undocumented sub-resource.
    /// </exception>
    public static Operation Find(OssRequest request, IHeaderDictionary headers)
    {
        if (request.Method == HttpMethods.Options)
        {
            return Preflight.OptionObject;
        }

        var name = SubResourceOf(request);
        var rows = Rows.GetValueOrDefault((request.Scope, name), []);
        foreach (var row in rows)
        {
            if (row.Method == request.Method && Matches(row, request, headers))
            {
                return row;
            }
        }

        throw MethodNotAllowed(request, rows);
    }

    // The sub-resource that routes: the one that stands first in the table. Empty for a plain request.
    static string SubResourceOf(OssRequest request)
    {
        var (found, rank) = ("", int.MaxValue);
        string? undocumented = null;
        foreach (var item in request.Query.Items)
        {
            if (SubResources.TryGetValue(item.Name, out var index) && index < rank && Routes(item.Name, item.Value, request))
            {
                (found, rank) = (item.Name, index);
            }
            else if (Undocumented.Contains(item.Name) && request.Scope != Scope.Object)
            {
                undocumented = item.Name;
            }
        }

        return found.Length > 0 || undocumented is null
            ? found
            : throw new OssException(OssErrors.NotImplemented, $"The sub-resource {undocumented} is not implemented.");
    }

    // Any client may hang names of its own on the URL of an object it reads; a write with such a name is refused instead, for it would
    // replace an object by what was meant as a configuration.
    static bool Routes(string name, string value, OssRequest request)
    {
        var isRead = request.Method == HttpMethods.Get || request.Method == HttpMethods.Head;
        return name == "x-oss-process"
            ? request.Method == HttpMethods.Post || (request.Method == HttpMethods.Get && value.Length > 0)
            : Rows.ContainsKey((request.Scope, name)) || request.Scope != Scope.Object || !isRead;
    }

    static bool Matches(Operation row, OssRequest request, IHeaderDictionary headers)
    {
        foreach (var term in row.Terms)
        {
            if (!term.Matches(request.Query, headers.ContainsKey))
            {
                return false;
            }
        }

        return true;
    }

    static OssException MethodNotAllowed(OssRequest request, IEnumerable<Operation> rows)
    {
        var allowed = string.Join(", ", rows.Select(row => row.Method).Distinct(StringComparer.Ordinal));
        return new(
            OssErrors.MethodNotAllowed,
            details: [new("Method", request.Method), new("ResourceType", request.Scope.ToString())])
        {
            Headers = allowed.Length == 0 ? [] : [new("Allow", allowed)],
        };
    }
}
