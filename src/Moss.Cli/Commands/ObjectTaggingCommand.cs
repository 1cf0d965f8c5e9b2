using System.CommandLine;
using Moss.Cli.Frame;

namespace Moss.Cli.Commands;

/// <summary><c>moss object-tagging</c></summary>
static class ObjectTaggingCommand
{
    static readonly Argument<string> Address = Options.Argument("oss://bucket/key", "The object.");
    static readonly Argument<string[]> Tags = new("name=value") { Description = "Tags to put; also name#value, as ossutil 1 writes them.", Arity = ArgumentArity.ZeroOrMore };
    static readonly Option<string?> Method = Options.Word("--method", "What to do (get).", ["get", "put", "delete"]);
    static readonly Option<string?> VersionId = Options.Text("--version-id", "ID", "A version of the object.");

    public static Command Create(string name, string description) => new MossCommand(name, description)
        .With(Address, Tags, Method, VersionId)
        .Example("moss object-tagging oss://bucket/key", "show the tags")
        .Example("moss object-tagging --method put oss://bucket/key camera=7 keep=yes", "replace them all")
        .Example("moss object-tagging --method delete oss://bucket/key", "remove them all")
        .Run(RunAsync);

    static async Task RunAsync(Invocation invocation)
    {
        var uri = OssUri.ParseObject(invocation.Get(Address));
        var client = invocation.Client(uri.Bucket);
        var version = invocation.Get(VersionId);
        var method = invocation.Get(Method) ?? "get";
        var words = invocation.Get(Tags);
        if (words.Length > 0 != (method == "put"))
        {
            throw new UsageException(method == "put" ? "say which tags: name=value" : $"--method {method} takes no tags; --method put does");
        }

        switch (method)
        {
            case "put":
                await client.PutObjectTaggingAsync(uri.Bucket, uri.Key, words.Select(Tag), version, invocation.Cancelled);
                break;
            case "delete":
                await client.DeleteObjectTaggingAsync(uri.Bucket, uri.Key, version, invocation.Cancelled);
                break;
        }

        if (method != "get")
        {
            await invocation.WriteAsync(new() { { "uri", uri.ToString() }, { "method", method } }, "");
            return;
        }

        var writer = invocation.Rows([new("name", "Key", -32), new("value", "Value", 0)]);
        foreach (var (name, value) in await client.GetObjectTaggingAsync(uri.Bucket, uri.Key, version, invocation.Cancelled))
        {
            await writer.WriteAsync(new() { { "name", name }, { "value", value } }, invocation.Cancelled);
        }

        await writer.EndAsync(null, invocation.Cancelled);
    }

    static KeyValuePair<string, string> Tag(string word)
    {
        var at = word.AsSpan().IndexOfAny('=', '#');
        return at > 0 ? new(word[..at], word[(at + 1)..]) : throw new UsageException($"'{word}' is no tag: name=value");
    }
}
