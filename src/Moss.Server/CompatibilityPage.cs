using System.Text;

namespace Moss.Server;

/// <summary>Writes docs/compatibility.md from the operation table. A test holds the two together.</summary>
static class CompatibilityPage
{
    public static string Render()
    {
        var served = Names(Serving.Full);
        var byDefault = Names(Serving.DefaultAnswer);
        var missing = Names(Serving.NotImplemented);
        var page = new StringBuilder()
            .Append(
                $"""
                # Compatibility

                Every documented operation of the OSS API, and what Moss answers. This page is generated from the operation table
                (`src/Moss.Server/OperationTable*.cs`): {served} operations are served, {byDefault} answer as the service does while nothing was configured,
                {missing} answer `NotImplemented` and change nothing.

                - **served**: with the headers, conditions and errors of the API reference.
                - **default answer**: what the service says of a bucket where this was never set. Deleting it succeeds; setting it is not implemented.
                - **not implemented**: 400 `NotImplemented`, after the signature was checked and the bucket was found.

                ## Deliberate differences

                | where | the public service | Moss |
                |---|---|---|
                | CompleteMultipartUpload, sent again | `NoSuchUpload` | the same list gets the same 200 and ETag for 24 hours, because the first answer may have been lost |
                | path style on a domain | `SecondLevelDomainForbidden` | served, beside `bucket.domain` and mapped hosts |
                | number of buckets, reuse of a deleted name | 100; not at once | no limit; at once |
                | GetBucketStat | lags by about an hour | live |
                | KMS and SM4 encryption | a paid service; SM4 beside AES | `KmsServiceNotEnabled` and `NotImplemented`; AES256 is done at rest. Copying an object that lies in the clear into an encrypted one reads and writes its bytes; a copy of an encrypted object without the header stays encrypted on disk, though its answers do not say so |
                | storage classes | differ in price and delay | recorded; every class is stored and read alike |
                | transfer acceleration, access monitoring, direct reads of archives, fields of the real-time log | act | recorded and served: there is one way to a server, every class is read alike, no access time is kept |
                | website rules that mirror | fetch from the origin | `NotImplemented` when they are put |
                | gzip on the fly | for some text types | never: bodies are sent as they are stored, with ETag and CRC-64 |
                | 204 answers | carry `Content-Length: 0` | carry none, as RFC 9110 asks |
                | a request that ends inside its body | may get `IncompleteBody` | the connection is closed; nothing is stored |

                """);
        foreach (var scope in Enum.GetValues<Scope>())
        {
            page.Append($"\n## {scope} operations\n\n| operation | request | permission | Moss |\n|---|---|---|---|\n");
            foreach (var rows in OperationTable.All.Where(row => row.Scope == scope).GroupBy(row => row.Name))
            {
                var requests = string.Join("<br>", rows.Select(Request));
                var permission = rows.First().Permission.Replace("|", ", ", StringComparison.Ordinal);
                page.Append($"| {rows.Key} | {requests} | {permission} | {Word(rows.First().Serving)} |\n");
            }
        }

        return page.ToString();
    }

    static int Names(Serving serving) =>
        OperationTable.All.Where(row => row.Serving == serving).Select(row => (row.Scope, row.Name)).Distinct().Count();

    static string Request(Operation row)
    {
        var path = row.Scope switch { Scope.Service => "/", Scope.Bucket => "/bucket", _ => "/bucket/key" };
        var query = string.Join('&', row.Terms.Where(term => !term.IsHeader).Select(term => term.Value is null ? term.Name : $"{term.Name}={term.Value}"));
        var headers = string.Concat(row.Terms.Where(term => term.IsHeader).Select(term => $" with `{term.Name}`"));
        return $"`{row.Method} {path}{(query.Length > 0 ? "?" + query : "")}`{headers}";
    }

    static string Word(Serving serving) => serving switch
    {
        Serving.Full => "served",
        Serving.DefaultAnswer => "default answer",
        _ => "not implemented",
    };
}
