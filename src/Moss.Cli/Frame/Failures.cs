using System.Text;
using Moss.Protocol.Errors;

namespace Moss.Cli.Frame;

/// <summary>What went wrong, in one line for people, and as an exit code.</summary>
static class Failures
{
    public static int Report(Exception problem, bool verbose, CancellationToken ct)
    {
        var code = CodeOf(problem, ct);
        if (code != ExitCode.Interrupted || problem is not OperationCanceledException)
        {
            Console.Error.WriteLine("moss: " + Describe(problem));
        }

        if (verbose)
        {
            Console.Error.WriteLine(problem);
        }

        return code;
    }

    public static int CodeOf(Exception problem, CancellationToken ct = default) => problem switch
    {
        FailedException failed => failed.ExitCode,
        UsageException => ExitCode.Usage,
        OperationCanceledException when ct.IsCancellationRequested => ExitCode.Interrupted,
        // Refused here already, before anything was sent: a name that no service would take.
        OssException { RequestId: null, HostId: null } => ExitCode.Usage,
        OssException => ExitCode.Server,
        ArgumentException => ExitCode.Usage,
        _ => ExitCode.Client,
    };

    public static string Describe(Exception problem)
    {
        switch (problem)
        {
            case OssException refusal:
                var text = new StringBuilder($"{refusal.Code} ({refusal.Status}): {refusal.Message}");
                if (refusal.RequestId is { Length: > 0 } id)
                {
                    text.Append($" [request {id}{(refusal.EC is { Length: > 0 } ec ? ", EC " + ec : "")}]");
                }

                if (Hint(refusal.Code) is { } hint)
                {
                    text.Append("\n      ").Append(hint);
                }

                return text.ToString();
            case AggregateException { InnerExceptions: [var only] }:
                return Describe(only);
            default:
                return problem.Message;
        }
    }

    static string? Hint(string code) => code switch
    {
        "InvalidAccessKeyId" => "The service knows no such access key: see 'moss config get access-key-id' and OSS_ACCESS_KEY_ID.",
        "SignatureDoesNotMatch" => "The secret does not belong to the access key, or a proxy changed the request on its way.",
        "RequestTimeTooSkewed" => "The clock of this machine is off by more than 15 minutes.",
        "BucketNotEmpty" => "Remove what is in it first: objects (moss rm -r), open uploads (moss uploads abort) and versions count.",
        "NoSuchBucket" => "'moss ls' lists the buckets there are.",
        _ => null,
    };
}
