using System.CommandLine;
using Moss.Cli.Frame;

namespace Moss.Cli.Commands;

/// <summary><c>moss presign</c>: an address that lets anybody do one thing for a while.</summary>
static class PresignCommand
{
    static readonly Argument<string> Address = Options.Argument("oss://bucket/key", "The object.");
    static readonly Option<TimeSpan?> Expires = Options.Duration("--expires-duration", "How long it is good for (15m; 7d at most with v4).", "--timeout");
    static readonly Option<string?> Method = Options.Word("--method", "What it lets do (GET).", ["GET", "HEAD", "PUT", "POST", "DELETE"]);
    static readonly Option<string?> VersionId = Options.Text("--version-id", "ID", "A version of the object.");
    static readonly Option<string[]> Query = Options.Texts("--query-param", "NAME=VALUE", "A parameter that takes part: response-content-type=..., x-oss-process=... Repeatable.");
    static readonly Option<string[]> Headers = Options.Texts("--header", "NAME:VALUE", "A header that whoever uses the address must send. Repeatable.");
    static readonly Option<long?> TrafficLimit = Options.Number("--trafic-limit", "Bits a second that the service lets through.", 819_200, 838_860_800, "--traffic-limit");

    public static Command Create(string name, string description) => new MossCommand(name, description)
        .With(Address, Expires, Method, VersionId, Query, Headers, TrafficLimit)
        .Example("moss presign oss://bucket/video.mp4", "an address for a browser, good for 15 minutes")
        .Example("moss presign oss://bucket/in/a.zip --method PUT --expires-duration 1h", "one that takes an upload: curl -T a.zip 'URL'")
        .Run(RunAsync);

    static async Task RunAsync(Invocation invocation)
    {
        var uri = OssUri.ParseObject(invocation.Get(Address));
        var method = invocation.Get(Method)?.ToUpperInvariant() ?? "GET";
        var expires = invocation.Get(Expires) ?? TimeSpan.FromMinutes(15);
        var query = new List<KeyValuePair<string, string?>>();
        if (invocation.Get(VersionId) is { } version)
        {
            query.Add(new("versionId", version));
        }

        if (invocation.Get(TrafficLimit) is { } limit)
        {
            query.Add(new("x-oss-traffic-limit", limit.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        }

        query.AddRange(NamedValues.OfQuery(invocation.Get(Query) ?? []));
        Uri address;
        try
        {
            address = await invocation.Client(uri.Bucket).PresignAsync(
                new() { Method = new(method), Bucket = uri.Bucket, Key = uri.Key, Query = query, Headers = NamedValues.OfHeaders(invocation.Get(Headers) ?? []) },
                expires,
                invocation.Cancelled);
        }
        catch (ArgumentOutOfRangeException)
        {
            throw new UsageException($"'{expires}' is out of range: an address is good for 1 second at least, and with v4 for 7 days at most");
        }
        catch (InvalidOperationException problem)
        {
            throw new UsageException(problem.Message);
        }

        await invocation.WriteAsync(
            new() { { "url", address.AbsoluteUri }, { "method", method }, { "expires", Invocation.Time.GetUtcNow() + expires } }, address.AbsoluteUri);
    }
}
