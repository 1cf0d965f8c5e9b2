using System.CommandLine;
using System.Globalization;
using Moss.Cli.Frame;

namespace Moss.Cli.Commands;

/// <summary><c>moss cat</c>: the bytes of an object on stdout; a connection that breaks is replaced unseen, and the whole is checked.</summary>
static class CatCommand
{
    static readonly Argument<string[]> Objects = Options.Arguments("oss://bucket/key", "The objects, one after the other.");
    static readonly Option<long?> Head = Options.Size("--head", "Only so many of the first bytes.");
    static readonly Option<long?> Tail = Options.Size("--tail", "Only so many of the last bytes.");
    static readonly Option<string?> Range = Options.Text("--range", "FIRST-LAST", "Only these bytes: 0-499, 500-, -500.");
    static readonly Option<string?> VersionId = Options.Text("--version-id", "ID", "A version of the object.");

    public static Command Create(string name, string description) => new MossCommand(name, description)
        .With(Objects, Head, Tail, Range, VersionId)
        .Example("moss cat oss://bucket/notes.txt", "show an object")
        .Example("moss cat --tail 64Ki oss://bucket/app.log", "its end")
        .Run(RunAsync);

    static async Task<int> RunAsync(Invocation invocation)
    {
        var range = invocation.Get(Range);
        if (new[] { invocation.Get(Head) is not null, invocation.Get(Tail) is not null, range is not null }.Count(static given => given) > 1)
        {
            throw new UsageException("--head, --tail and --range exclude each other");
        }

        range = invocation.Get(Head) is { } head ? head == 0 ? throw new UsageException("--head 0 is nothing") : $"0-{head - 1}"
            : invocation.Get(Tail) is { } tail ? $"-{tail}"
            : range;
        foreach (var text in invocation.Get(Objects))
        {
            await WriteObjectAsync(invocation, OssUri.ParseObject(text), invocation.Get(VersionId), range);
        }

        return ExitCode.Ok;
    }

    /// <summary>Writes an object, or bytes of it, to stdout or to a stream.</summary>
    public static async Task<int> WriteObjectAsync(Invocation invocation, OssUri uri, string? versionId, string? range, Stream? to = null)
    {
        var (offset, length) = range is null ? (null, null) : ParseRange(range);
        var output = to ?? invocation.Output;
        await using var answer = await invocation.Client(uri.Bucket).GetObjectAsync(
            uri.Bucket, uri.Key, new() { VersionId = versionId, Offset = offset, Length = length }, invocation.Cancelled);
        await answer.Content.CopyToAsync(output, 256 * 1024, invocation.Cancelled);
        await output.FlushAsync(invocation.Cancelled);
        return ExitCode.Ok;
    }

    /// <summary><c>0-499</c>, <c>500-</c>, <c>-500</c>, also with <c>bytes=</c> before it.</summary>
    public static (long? Offset, long? Length) ParseRange(string text)
    {
        var plain = text.StartsWith("bytes=", StringComparison.Ordinal) ? text[6..] : text;
        var dash = plain.IndexOf('-', StringComparison.Ordinal);
        if (dash >= 0)
        {
            var first = Number(plain[..dash]);
            var last = Number(plain[(dash + 1)..]);
            switch (first, last)
            {
                case (null, { } count) when dash == 0 && count > 0:
                    return (null, count);
                case ({ } from, null) when dash == plain.Length - 1:
                    return (from, null);
                case ({ } from, { } end) when end >= from:
                    return (from, end - from + 1);
            }
        }

        throw new UsageException($"the range '{text}' is not valid: 0-499, 500- or -500");
    }

    static long? Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
