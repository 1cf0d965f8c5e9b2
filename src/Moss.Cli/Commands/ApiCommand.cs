using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using System.Xml;
using Moss.Cli.Frame;
using Moss.Cli.Output;
using Moss.Client;
using Moss.Server;

namespace Moss.Cli.Commands;

/// <summary>
/// <c>moss api</c>: any operation of the operation table by its name. Method, scope and sub-resource are the table's; everything else is
/// said here.
/// </summary>
static class ApiCommand
{
    static readonly Argument<string?> Operation = Options.OptionalArgument("operation", "put-bucket-cors, PutBucketCors: the API's name, in any spelling.");
    static readonly Option<string?> Bucket = Options.Text("--bucket", "NAME", "The bucket.");
    static readonly Option<string?> Key = Options.Text("--key", "KEY", "The object.");
    static readonly Option<string[]> Query = Options.Texts("--query", "NAME=VALUE", "A parameter of the query. Repeatable.");
    static readonly Option<string[]> Headers = Options.Texts("--header", "NAME:VALUE", "A header. Repeatable.", "-H");
    static readonly Option<string?> Body = Options.Text("--body", "TEXT", "The body: a text, file://PATH, or - for stdin.");
    static readonly Option<bool> ShowHeaders = Options.Flag("--show-headers", "Write status and headers of the answer to stderr.");
    static readonly Option<bool> List = Options.Flag("--list", "List all operations.");

    /// <summary>What there is, as it is written here: <c>put-bucket-cors</c>.</summary>
    public static IEnumerable<string> Operations => OperationTable.All.Select(static row => Kebab(row.Name)).Distinct();

    public static Command Create(string name, string description)
    {
        Operation.CompletionSources.Add(static _ => Operations.Select(static operation => new System.CommandLine.Completions.CompletionItem(operation)));
        return new MossCommand(name, description)
            .With(Operation, Bucket, Key, Query, Headers, Body, ShowHeaders, List)
            .Example("moss api --list", "every operation there is")
            .Example("moss api get-bucket-acl --bucket bucket", "an operation without a verb of its own")
            .Example("moss api put-bucket-tags --bucket bucket --body file://tags.xml", "one with a document")
            .Example("moss api list-objects-v2 --bucket bucket --query prefix=a/ --output-format json", "the answer's XML as JSON")
            .Run(RunAsync);
    }

    static async Task RunAsync(Invocation invocation)
    {
        if (invocation.Get(List))
        {
            await ListAsync(invocation);
            return;
        }

        var operation = Find(invocation.Get(Operation) ?? throw new UsageException("say which operation; 'moss api --list' lists them"));
        var request = await RequestAsync(invocation, operation);
        await using var answer = await invocation.Client(request.Bucket).SendAsync(request, invocation.Cancelled);
        if (invocation.Get(ShowHeaders))
        {
            Console.Error.WriteLine($"{answer.Status} {answer.Reason}");
            foreach (var (name, value) in answer.Headers.All)
            {
                Console.Error.WriteLine($"{name}: {RowWriter.PlainText(value)}");
            }
        }

        await WriteAsync(invocation, operation, answer);
    }

    static Operation Find(string name)
    {
        var wanted = IniSection.Plain(name);
        return OperationTable.All.FirstOrDefault(row => IniSection.Plain(row.Name) == wanted)
            ?? throw new UsageException(
                $"there is no operation '{name}'{Suggestions.DidYouMean(name, OperationTable.All.Select(static row => Kebab(row.Name)).Distinct(StringComparer.Ordinal))}");
    }

    static async Task<OssRequest> RequestAsync(Invocation invocation, Operation operation)
    {
        var (bucket, key) = (invocation.Get(Bucket), invocation.Get(Key));
        if ((operation.Scope != Scope.Service) != (bucket is not null) || (operation.Scope == Scope.Object) != (key is not null))
        {
            throw new UsageException($"{operation.Name} acts on {(operation.Scope switch
            {
                Scope.Service => "the service: it takes neither --bucket nor --key",
                Scope.Bucket => "a bucket: it takes --bucket and no --key",
                _ => "an object: it takes --bucket and --key",
            })}");
        }

        var query = NamedValues.OfQuery(invocation.Get(Query) ?? []);
        var headers = NamedValues.OfHeaders(invocation.Get(Headers) ?? []);
        foreach (var term in operation.Terms)
        {
            if (term.IsHeader ? headers.Exists(header => string.Equals(header.Key, term.Name, StringComparison.OrdinalIgnoreCase)) : query.Exists(pair => pair.Key == term.Name))
            {
                continue;
            }

            if (term.IsHeader || term.Value?.EndsWith('*') == true || NeedsValue.Contains(term.Name, StringComparer.Ordinal))
            {
                throw new UsageException($"{operation.Name} needs {(term.IsHeader ? $"--header '{term.Name}:...'" : $"--query '{term.Name}={term.Value ?? "..."}'")}");
            }

            query.Insert(0, new(term.Name, term.Name == "list-type" ? "2" : term.Value));
        }

        var body = await BodyAsync(invocation);
        if (body is not null)
        {
            AddMissing(headers, "Content-MD5", () => Convert.ToBase64String(MD5.HashData(body)));
            AddMissing(headers, "Content-Type", () => body is [(byte)'<', ..] ? "application/xml" : body is [(byte)'{', ..] ? "application/json" : "application/octet-stream");
        }

        return new()
        {
            Operation = operation.Name,
            Method = new(operation.Method),
            Bucket = bucket,
            Key = key,
            Query = query,
            Headers = headers,
            Body = body is null ? null : RequestBody.FromBytes(body),
            StreamAnswer = operation.Name is "GetObject" or "SelectObject" or "ProcessObject",
        };
    }

    // Sub-resources that mean nothing without a value: sending them empty would only be refused.
    static readonly string[] NeedsValue = ["uploadId", "partNumber", "x-oss-process", "x-oss-async-process"];

    static async Task<byte[]?> BodyAsync(Invocation invocation)
    {
        const string file = "file://";
        switch (invocation.Get(Body))
        {
            case null:
                return null;
            case "-":
                using (var buffer = new MemoryStream())
                {
                    await using var input = Console.OpenStandardInput();
                    await input.CopyToAsync(buffer, invocation.Cancelled);
                    return buffer.ToArray();
                }

            case var text when text.StartsWith(file, StringComparison.Ordinal):
                return await File.ReadAllBytesAsync(text[file.Length..], invocation.Cancelled);
            case var text:
                return Encoding.UTF8.GetBytes(text);
        }
    }

    static async Task WriteAsync(Invocation invocation, Operation operation, OssResponse answer)
    {
        if (answer.Content is { } content)
        {
            await content.CopyToAsync(invocation.Output, invocation.Cancelled);
            await invocation.Output.FlushAsync(invocation.Cancelled);
            return;
        }

        var isXml = answer.Body.Length > 0 && answer.Body.Span[0] == '<';
        if (invocation.Format is OutputFormat.Json or OutputFormat.Yaml && (isXml || answer.Body.Length == 0))
        {
            await invocation.WriteAsync(isXml ? FromXml(answer.Body) : HeadersOf(answer));
        }
        else if (answer.Body.Length > 0)
        {
            await invocation.Output.WriteAsync(answer.Body, invocation.Cancelled);
            if (answer.Body.Span[^1] != '\n')
            {
                await invocation.Output.WriteAsync("\n"u8.ToArray(), invocation.Cancelled);
            }
        }
        else if (operation.Method == "HEAD")
        {
            await invocation.WriteAsync(HeadersOf(answer));
        }

        await invocation.Output.FlushAsync(invocation.Cancelled);
    }

    static Row HeadersOf(OssResponse answer)
    {
        var row = new Row { { "status", answer.Status } };
        foreach (var (name, value) in answer.Headers.All.OrderBy(static header => header.Key, StringComparer.OrdinalIgnoreCase))
        {
            row.Add(name, value);
        }

        return row;
    }

    /// <summary>An XML document as rows: elements by name, a repeated one as a list, text as text.</summary>
    internal static Row FromXml(ReadOnlyMemory<byte> xml)
    {
        using var reader = XmlReader.Create(
            new MemoryStream(xml.ToArray()), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, IgnoreWhitespace = true, IgnoreComments = true });
        reader.MoveToContent();
        var name = reader.Name;
        return new() { { name, ElementFrom(reader) } };
    }

    static object ElementFrom(XmlReader reader)
    {
        var (text, children) = (new StringBuilder(), new Row());
        if (reader.IsEmptyElement)
        {
            reader.Read();
            return "";
        }

        reader.Read();
        while (reader.NodeType != XmlNodeType.EndElement)
        {
            if (reader.NodeType != XmlNodeType.Element)
            {
                text.Append(reader.Value);
                reader.Read();
                continue;
            }

            var name = reader.Name;
            var value = ElementFrom(reader);
            var at = children.FindIndex(pair => pair.Key == name);
            if (at < 0)
            {
                children.Add(name, value);
            }
            else if (children[at].Value is List<object> list)
            {
                list.Add(value);
            }
            else
            {
                children[at] = new(name, new List<object> { children[at].Value!, value });
            }
        }

        reader.Read();
        return children.Count > 0 ? children : text.ToString();
    }

    static async Task ListAsync(Invocation invocation)
    {
        var writer = invocation.Rows([
            new("name", "Operation", -40), new("method", "Method", -8), new("scope", "Scope", -8), new("serving", "Served here", -14), new("permission", "Permission", 0),
        ]);
        foreach (var operation in OperationTable.All.DistinctBy(static row => row.Name))
        {
            await writer.WriteAsync(
                new()
                {
                    { "name", Kebab(operation.Name) },
                    { "api", operation.Name },
                    { "method", operation.Method },
                    { "scope", operation.Scope.ToString().ToLowerInvariant() },
                    { "selector", operation.Selector },
                    { "serving", operation.Serving switch { Serving.Full => "yes", Serving.DefaultAnswer => "default answer", _ => "no" } },
                    { "permission", operation.Permission },
                },
                invocation.Cancelled);
        }

        await writer.EndAsync(null, invocation.Cancelled);
    }

    static void AddMissing(List<KeyValuePair<string, string>> headers, string name, Func<string> value)
    {
        if (!headers.Exists(header => string.Equals(header.Key, name, StringComparison.OrdinalIgnoreCase)))
        {
            headers.Add(new(name, value()));
        }
    }

    // PutBucketCors -> put-bucket-cors, ListObjectsV2 -> list-objects-v2
    static string Kebab(string name)
    {
        var text = new StringBuilder();
        for (var i = 0; i < name.Length; i++)
        {
            if (i > 0 && char.IsUpper(name[i]) && (!char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1]))))
            {
                text.Append('-');
            }

            text.Append(char.ToLowerInvariant(name[i]));
        }

        return text.ToString();
    }
}
