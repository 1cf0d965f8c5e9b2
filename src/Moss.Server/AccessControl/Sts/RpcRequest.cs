using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Moss.Protocol.Xml;

namespace Moss.Server.AccessControl.Sts;

/// <summary>A call in Alibaba Cloud's RPC form: parameters in the query and in a form body, taken together.</summary>
sealed class RpcRequest
{
    /// <summary>An AssumeRole has about 4 KB with its longest policy, every character of it encoded.</summary>
    const int MaxBodyBytes = 64 * 1024;
    const int MaxParameters = 100;

    const string FormType = "application/x-www-form-urlencoded";

    RpcRequest(string method, string rawQuery, byte[] body, SortedDictionary<string, string> parameters)
    {
        Method = method;
        RawQuery = rawQuery;
        Body = body;
        Parameters = parameters;
    }

    public string Method { get; }

    /// <summary>What stood behind the question mark.</summary>
    public string RawQuery { get; }

    public byte[] Body { get; }

    /// <summary>Decoded, sorted by name as the signature wants them.</summary>
    public SortedDictionary<string, string> Parameters { get; }

    public string? this[string name] => Parameters.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    /// <summary>
    /// Whether a request is a call of the token service: to the root of the endpoint, with an Action, a form body or the header of a V3 signature. No request
    /// of OSS looks like that.
    /// </summary>
    public static bool IsOne(HttpRequest request)
    {
        var target = request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (target != "/" && !target.StartsWith("/?", StringComparison.Ordinal))
        {
            return false;
        }

        var isCall = HttpMethods.IsGet(request.Method) || HttpMethods.IsPost(request.Method);
        return isCall
            && (request.Headers.ContainsKey("x-acs-action")
                || (HttpMethods.IsPost(request.Method) && IsForm(request))
                || HasAction(target));
    }

    /// <exception cref="StsException">The parameters cannot be read.</exception>
    public static async ValueTask<RpcRequest> ReadAsync(HttpRequest request, CancellationToken ct)
    {
        var target = request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var query = target.Length > 2 ? target[2..] : "";
        var body = await ReadBodyAsync(request, ct);
        var parameters = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Add(parameters, query);
        if (IsForm(request))
        {
            Add(parameters, System.Text.Encoding.Latin1.GetString(body));
        }

        return new(request.Method.ToUpperInvariant(), query, body, parameters);
    }

    static bool IsForm(HttpRequest request) => request.ContentType?.StartsWith(FormType, StringComparison.OrdinalIgnoreCase) == true;

    static bool HasAction(string target) =>
        target.Contains("?Action=", StringComparison.Ordinal) || target.Contains("&Action=", StringComparison.Ordinal);

    static async ValueTask<byte[]> ReadBodyAsync(HttpRequest request, CancellationToken ct)
    {
        var result = await request.BodyReader.ReadAtLeastAsync(MaxBodyBytes + 1, ct);
        var body = result.Buffer.Length > MaxBodyBytes ? null : result.Buffer.ToArray();
        request.BodyReader.AdvanceTo(result.Buffer.End);
        return body ?? throw new StsException("InvalidParameter", 400, "The request is too long.");
    }

    // Of a parameter that is given twice nobody could say which one was meant.
    static void Add(SortedDictionary<string, string> parameters, string form)
    {
        foreach (var pair in form.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (!UrlEncoding.TryDecode(equals < 0 ? pair : pair[..equals], plusIsSpace: true, out var name)
                || !UrlEncoding.TryDecode(equals < 0 ? "" : pair[(equals + 1)..], plusIsSpace: true, out var value)
                || parameters.Count >= MaxParameters || !parameters.TryAdd(name, value))
            {
                throw new StsException("InvalidParameter", 400, "The parameters are not well-formed, or one is given twice.");
            }
        }
    }
}
