using System.Collections.Immutable;
using Moss.Server.Pipeline;

namespace Moss.Server;

/// <summary>What an operation acts on.</summary>
enum Scope
{
    Service,
    Bucket,
    Object,
}

/// <summary>The right that an operation needs, as ACLs know rights (policies go by <see cref="Operation.Permission"/>).</summary>
enum Access
{
    /// <summary>Nobody is asked: preflight requests.</summary>
    Free,

    /// <summary>Reading an object's content or attributes; granted by a public ACL.</summary>
    Read,

    /// <summary>Creating, changing or deleting an object; granted by a public-read-write ACL.</summary>
    Write,

    /// <summary>Management and listing: the owner alone, whatever the ACL says.</summary>
    Owner,
}

/// <summary>How far an operation is served.</summary>
enum Serving
{
    /// <summary>With everything the API reference says.</summary>
    Full,

    /// <summary>What the service answers while nothing was ever configured: the configuration itself cannot be set here.</summary>
    DefaultAnswer,

    /// <summary><c>NotImplemented</c>.</summary>
    NotImplemented,
}

/// <summary>Carries out one call. Refusals are thrown; one place writes them.</summary>
delegate Task OperationHandler(OssContext context, CancellationToken ct);

/// <summary>
/// One documented operation. Routing, authorisation, metrics, logs and docs/compatibility.md read this row.
/// </summary>
/// <param name="Name">The API's name.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Scope">What it acts on.</param>
/// <param name="Selector">
/// What picks it among the operations of its method and scope: query names joined by <c>&amp;</c>, each with a value where the value decides
/// (<c>comp=add</c>, or how it begins: <c>x-oss-process=csv/*</c>), and headers marked with <c>@</c>. Empty: no sub-resource.
/// </param>
/// <param name="Permission">The action that policies grant; with <c>|</c> the one for a named version.</param>
/// <param name="Access">The right that ACLs know.</param>
/// <param name="Handler">What serves it; null answers <c>NotImplemented</c>.</param>
sealed record Operation(
    string Name,
    string Method,
    Scope Scope,
    string Selector,
    string Permission,
    Access Access,
    OperationHandler? Handler = null)
{
    /// <summary>How far it is served.</summary>
    public Serving Serving { get; init; } = Handler is null ? Serving.NotImplemented : Serving.Full;

    /// <summary>The terms of the selector.</summary>
    public ImmutableArray<SelectorTerm> Terms { get; } = SelectorTerm.Parse(Selector);

    /// <summary>The query name that makes the request one for this operation's sub-resource; empty for none.</summary>
    public string SubResource => Terms.FirstOrDefault(term => !term.IsHeader).Name ?? "";

    /// <summary>The action a policy must grant for the current version, or for a version named by its id.</summary>
    public string PermissionFor(bool namesVersion)
    {
        var bar = Permission.IndexOf('|', StringComparison.Ordinal);
        return bar < 0 ? Permission : namesVersion ? Permission[(bar + 1)..] : Permission[..bar];
    }
}

/// <summary>One condition of a selector.</summary>
/// <param name="Name">A query name or a header.</param>
/// <param name="Value">The value that is needed; null for any.</param>
/// <param name="IsHeader">Whether it is a header.</param>
readonly record struct SelectorTerm(string Name, string? Value, bool IsHeader)
{
    public static ImmutableArray<SelectorTerm> Parse(string selector) =>
        selector.Length == 0 ? [] : [.. selector.Split('&').Select(ParseTerm)];

    public bool Matches(QueryParameters query, Func<string, bool> hasHeader)
    {
        if (IsHeader)
        {
            return hasHeader(Name);
        }

        return Value is null ? query.Contains(Name)
            : Value[^1] == '*' ? query[Name]?.StartsWith(Value[..^1], StringComparison.Ordinal) == true
            : string.Equals(query[Name], Value, StringComparison.Ordinal);
    }

    static SelectorTerm ParseTerm(string term)
    {
        if (term[0] == '@')
        {
            return new(term[1..], null, IsHeader: true);
        }

        var equals = term.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? new(term, null, IsHeader: false) : new(term[..equals], term[(equals + 1)..], IsHeader: false);
    }
}
