using System.Text;
using Microsoft.AspNetCore.Http;
using Moss.Protocol.Errors;
using Moss.Protocol.Limits;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;

namespace Moss.Server.Operations.Buckets;

/// <summary>
/// Put-, Get- and DeleteBucketWebsite (https://help.aliyun.com/zh/oss/developer-reference/putbucketwebsite). Rules that make the server fetch from elsewhere
/// (Mirror), or that need the public service's own network (AliCDN, Internal), are refused: see docs/decisions/0057-websites.md. What a website does stands
/// in <see cref="BucketRules.Website"/>.
/// </summary>
static class BucketWebsite
{
    /// <summary>The API's limit.</summary>
    const int MaxRules = 20;

    const int MaxSuffixLength = 128;

    /// <summary>No limit is documented. Each of them may stand for a kilobyte, in a header that anybody may ask for.</summary>
    const int MaxKeyVariables = 5;

    public static readonly BucketDocument<WebsiteConfiguration> Document = new("website")
    {
        Missing = OssErrors.NoSuchWebsiteConfiguration,
        Accept = static (_, document, _) =>
        {
            Check(document);
            var rules = document.RoutingRules.Select((rule, index) => rule with { RuleNumber = rule.RuleNumber ?? index + 1 }).OrderBy(rule => rule.RuleNumber);
            return new(document with { RoutingRules = [.. rules] });
        },
    };

    static void Check(WebsiteConfiguration document)
    {
        if (document.IndexDocument is null && document.ErrorDocument is null && document.RoutingRules.Count == 0)
        {
            throw OssErrors.Xml("there is neither an IndexDocument nor an ErrorDocument nor a RoutingRule.");
        }

        if (document.IndexDocument is { } index)
        {
            Require(index.Suffix.Length is > 0 and <= MaxSuffixLength && !index.Suffix.Contains('/'), "Suffix", index.Suffix, "must be a name without a slash");
            Require(index.Type is null or 0 or 1 or 2, "Type", index.Type, "must be 0, 1 or 2");
        }

        if (document.ErrorDocument is { } error)
        {
            ObjectKey.Parse(error.Key);
            Require(error.HttpStatus is null or 200 or 404, "HttpStatus", error.HttpStatus, "must be 200 or 404");
        }

        Require(document.RoutingRules.Count <= MaxRules, "RoutingRules", document.RoutingRules.Count, $"must not be more than {MaxRules}");
        var numbers = document.RoutingRules.Where(rule => rule.RuleNumber is not null).Select(rule => rule.RuleNumber).ToList();
        Require(numbers.Distinct().Count() == numbers.Count, "RuleNumber", string.Join(',', numbers), "must not occur twice");
        foreach (var rule in document.RoutingRules)
        {
            Check(rule);
        }
    }

    static void Check(RoutingRule rule)
    {
        var redirect = rule.Redirect;
        Require(rule.RuleNumber is null or > 0, "RuleNumber", rule.RuleNumber, "must be greater than 0");
        if (redirect.RedirectType is "Mirror" or "AliCDN" or "Internal")
        {
            throw new OssException(OssErrors.NotImplemented, $"The RedirectType {redirect.RedirectType} is not implemented by this server.");
        }

        Require(redirect.RedirectType == "External", "RedirectType", redirect.RedirectType, "must be External");
        Require(redirect.Protocol is null or "http" or "https", "Protocol", redirect.Protocol, "must be http or https");
        Require(redirect.HttpRedirectCode is null or 301 or 302 or 307, "HttpRedirectCode", redirect.HttpRedirectCode, "must be 301, 302 or 307");
        Require(
            redirect.HostName is null || Uri.CheckHostName(WithoutPort(redirect.HostName)) is UriHostNameType.Dns or UriHostNameType.IPv4,
            "HostName",
            redirect.HostName,
            "must be a domain name");
        Require(
            redirect.ReplaceKeyWith is null || redirect.ReplaceKeyPrefixWith is null, "ReplaceKeyWith", redirect.ReplaceKeyWith, "excludes ReplaceKeyPrefixWith");
        Require(
            redirect is not { HostName: null, Protocol: null, ReplaceKeyWith: null, ReplaceKeyPrefixWith: null, EnableReplacePrefix: not true },
            "Redirect",
            "",
            "must lead somewhere else: it names no Protocol, HostName, ReplaceKeyWith or ReplaceKeyPrefixWith");
        Require(
            IsShort(redirect.ReplaceKeyWith) && redirect.ReplaceKeyWith.AsSpan().Count("${key}") <= MaxKeyVariables,
            "ReplaceKeyWith",
            "",
            $"must be no longer than a key, and not name the key more than {MaxKeyVariables} times");
        Require(IsShort(redirect.ReplaceKeyPrefixWith), "ReplaceKeyPrefixWith", "", "must be no longer than a key");
        var status = rule.Condition.HttpErrorCodeReturnedEquals;
        Require(status is null or (>= StatusCodes.Status400BadRequest and < 500), "HttpErrorCodeReturnedEquals", status, "must be a status of 400 to 499");
        Require(rule.Condition.IncludeHeaders.All(header => header.Key.Length > 0), "IncludeHeader", "", "must have a Key");
    }

    static bool IsShort(string? text) => text is null || Encoding.UTF8.GetByteCount(text) <= OssLimits.MaxKeyBytes;

    static string WithoutPort(string host) => Pipeline.HostMap.WithoutPort(host);

    static void Require(bool holds, string name, object? value, string rule)
    {
        if (!holds)
        {
            throw OssErrors.Argument(name, value?.ToString() ?? "", $"{name} {rule}.");
        }
    }
}
