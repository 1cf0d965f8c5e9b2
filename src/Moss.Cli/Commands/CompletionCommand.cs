using System.CommandLine;
using System.CommandLine.Completions;
using Moss.Cli.Frame;
using Moss.Client;

namespace Moss.Cli.Commands;

/// <summary><c>moss completion SHELL</c>, and the hidden <c>moss complete</c> that the scripts call: verbs, options, words, buckets and keys.</summary>
static class CompletionCommand
{
    const string Scheme = "oss://";

    /// <summary>A person waits: what the service does not say by then is not offered. MOSS_COMPLETION_TIMEOUT says another time.</summary>
    static TimeSpan Patience =>
        Environment.GetEnvironmentVariable("MOSS_COMPLETION_TIMEOUT") is { } text && Quantities.TryParseDuration(text, out var time) ? time : TimeSpan.FromSeconds(2);

    static readonly Argument<string> ShellName = new("shell") { Description = "bash, zsh, fish or pwsh." };
    static readonly Argument<string[]> Words = new("words") { Description = "The words so far, the one to complete last.", Arity = ArgumentArity.ZeroOrMore };

    public static Command Create(string name, string description)
    {
        ShellName.AcceptOnlyFromAmong("bash", "zsh", "fish", "pwsh");
        return new MossCommand(name, description) { Notes = "Buckets and keys are asked of the service for 2 seconds at most; MOSS_COMPLETION_TIMEOUT=5s says otherwise." }
            .With(ShellName)
            .Example("moss completion bash > /etc/bash_completion.d/moss", "bash, for everybody")
            .Example("source <(moss completion bash)", "bash, for this shell")
            .Example("moss completion zsh > \"${fpath[1]}/_moss\"", "zsh")
            .Example("moss completion fish > ~/.config/fish/completions/moss.fish", "fish")
            .Example("moss completion pwsh | Out-String | Invoke-Expression", "PowerShell")
            .Run(invocation => Console.Out.WriteAsync(Script(invocation.Get(ShellName))));
    }

    /// <summary><c>moss complete -- WORDS</c></summary>
    public static Command CreateHelper(string name, string description) => new MossCommand(name, description).With(Words).Run(CompleteAsync);

    static async Task CompleteAsync(Invocation invocation)
    {
        var words = invocation.Get(Words);
        var word = words.Length > 0 ? words[^1] : "";
        var offered = word.StartsWith(Scheme, StringComparison.Ordinal)
            ? await PlacesAsync(invocation, word[Scheme.Length..])
            : Known(words);
        foreach (var text in offered.Where(text => text.StartsWith(word, StringComparison.Ordinal)).Distinct(StringComparer.Ordinal).Take(500))
        {
            Console.Out.WriteLine(text);
        }
    }

    static IEnumerable<string> Known(string[] words)
    {
        var root = Verbs.Root(null, "");
        var before = words.Length > 1 ? words[..^1] : [];
        var last = words.Length > 0 ? words[^1] : "";
        if (ValuesOf(root, before, last) is { } values)
        {
            return values;
        }

        var parsed = root.Parse([.. before, ""], Plain);
        var offered = parsed.GetCompletions().Select(static item => item.Label).Where(static label => !label.StartsWith('/') && label != "-?");
        return last.Length == 0 ? offered.Where(static label => !label.StartsWith('-')).Append(Scheme) : offered.Append(Scheme);
    }

    // After an option that takes a value, and behind its = sign, only values make sense; for one that takes anything the shell offers files.
    static IEnumerable<string>? ValuesOf(RootCommand root, string[] before, string last)
    {
        var equals = last.StartsWith('-') ? last.IndexOf('=', StringComparison.Ordinal) : -1;
        var (name, lead) = equals > 0 ? (last[..equals], last[..(equals + 1)]) : (before is [.., var word] ? word : "", "");
        if (!name.StartsWith('-'))
        {
            return null;
        }

        var option = root.Parse(before, Plain).CommandResult.Command.Options.Concat(GlobalOptions.All)
            .FirstOrDefault(known => known.ValueType != typeof(bool) && (known.Name == name || known.Aliases.Contains(name)));
        return option?.GetCompletions(CompletionContext.Empty).Select(item => lead + item.Label);
    }

    static ParserConfiguration Plain => new() { ResponseFileTokenReplacer = null };

    static async Task<IEnumerable<string>> PlacesAsync(Invocation invocation, string place)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(invocation.Cancelled);
        patience.CancelAfter(Patience);
        invocation.Adjust = static options => options with { MaxAttempts = 1 };
        try
        {
            var slash = place.IndexOf('/', StringComparison.Ordinal);
            return slash < 0
                ? await BucketsAsync(invocation.Client(), place, patience.Token)
                : await KeysAsync(invocation.Client(place[..slash]), place[..slash], place[(slash + 1)..], patience.Token);
        }
        catch (Exception problem) when (problem is not OutOfMemoryException)
        {
            // A message in the middle of a command line that is being typed helps nobody.
            return [];
        }
    }

    static async Task<IEnumerable<string>> BucketsAsync(OssClient client, string prefix, CancellationToken ct)
    {
        var found = new List<string>();
        await foreach (var bucket in client.ListBucketsAsync(prefix, ct))
        {
            found.Add($"{Scheme}{bucket.Name}/");
        }

        return found;
    }

    static async Task<IEnumerable<string>> KeysAsync(OssClient client, string bucket, string prefix, CancellationToken ct)
    {
        var page = await client.ListObjectsPageAsync(bucket, new() { Prefix = prefix, Delimiter = "/", PageSize = 500 }, ct: ct);
        return page.Prefixes.Concat(page.Contents.Select(static listed => listed.Key)).Select(key => $"{Scheme}{bucket}/{key}");
    }

    static string Script(string shell) => shell switch
    {
        "bash" => """
            # moss completion for bash
            _moss() {
                # Words as they are typed: bash itself would part them at every : and = of oss://bucket/dt=1
                local line=${COMP_LINE:0:COMP_POINT} word lead offer
                local -a words
                read -a words <<<"$line"
                case $line in *[[:space:]]) words+=('') ;; esac
                word=${words[${#words[@]}-1]}
                # and it puts only what stands behind the last of them
                lead=${word%"${word##*[:=]}"}
                COMPREPLY=()
                while IFS= read -r offer; do
                    [ "${#words[@]}" -gt 1 ] || break
                    printf -v offer %q "${offer#"$lead"}"
                    case $offer in */ | *=) ;; *) offer+=' ' ;; esac
                    COMPREPLY+=("$offer")
                done < <(moss complete -- "${words[@]:1}" 2>/dev/null)
            }
            complete -o nospace -o default -F _moss moss

            """,
        "zsh" => """
            #compdef moss
            # moss completion for zsh
            _moss() {
                local -a offered dirs
                offered=("${(@f)$(moss complete -- "${(@Q)words[2,$CURRENT]}" 2>/dev/null)}")
                dirs=(${(M)offered:#*/}) offered=(${offered:#*/})
                (( $#dirs )) && compadd -S '' -- $dirs
                (( $#offered )) && compadd -- $offered
                (( $#dirs + $#offered )) || _files
            }
            if [ "$funcstack[1]" = "_moss" ]; then _moss "$@"; else compdef _moss moss; fi

            """,
        "fish" => """
            # moss completion for fish
            function __moss_complete
                set -l words (commandline -opc) (commandline -ct)
                moss complete -- $words[2..] 2>/dev/null
            end
            complete -c moss -a '(__moss_complete)'

            """,
        _ => """
            # moss completion for PowerShell
            Register-ArgumentCompleter -Native -CommandName moss -ScriptBlock {
                param($wordToComplete, $commandAst, $cursorPosition)
                $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
                if ($wordToComplete -eq '') { $words += '' }
                moss complete -- @words 2>$null | ForEach-Object {
                    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
                }
            }

            """,
    };
}
