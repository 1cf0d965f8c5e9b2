using System.Globalization;
using Moss.Protocol.Errors;

namespace Moss.Protocol.Signing;

/// <summary>Finds out who claims to have signed a request, in the documented order of checks.</summary>
sealed class SignatureParser(SignableRequest request, DateTimeOffset now, SignatureOptions options)
{
    const string TokenHeader = "x-oss-security-token";

    public ParsedSignature Parse()
    {
        var scheme = Detect();
        return scheme switch
        {
            SignatureScheme.V1Header => V1Header(),
            SignatureScheme.V2Header => V2Header(),
            SignatureScheme.V4Header => V4Header(),
            SignatureScheme.V1Url => V1Url(),
            SignatureScheme.V2Url => V2Url(),
            SignatureScheme.V4Url => V4Url(),
            _ => new ParsedSignature(request, SignatureScheme.Anonymous),
        };
    }

    string Authorization => request.Header("Authorization") ?? "";

    SignatureScheme Detect()
    {
        var version = request.QueryValue("x-oss-signature-version");
        var isV1Url = request.QueryValue("OSSAccessKeyId") is not null
            || (request.QueryValue("Expires") is not null && request.QueryValue("Signature") is not null);
        var headers = request.CountHeader("Authorization");
        if ((headers > 0 ? 1 : 0) + (version is null ? 0 : 1) + (isV1Url ? 1 : 0) > 1)
        {
            throw SignatureErrors.Mixture();
        }

        if (headers > 0)
        {
            return DetectHeader(headers);
        }

        if (version is not null)
        {
            return version switch
            {
                SignatureV2.Version => SignatureScheme.V2Url,
                SignatureV4.Version => SignatureScheme.V4Url,
                _ => throw SignatureErrors.UnknownVersion(version),
            };
        }

        if (isV1Url)
        {
            return SignatureScheme.V1Url;
        }

        return HasForeignUrl() ? throw SignatureErrors.ForeignSignature() : SignatureScheme.Anonymous;
    }

    SignatureScheme DetectHeader(int headers)
    {
        var value = Authorization;
        if (headers > 1)
        {
            throw SignatureErrors.InvalidAuthorization();
        }

        if (value.Length == 0)
        {
            throw SignatureErrors.EmptyAuthorization();
        }

        if (HasForeignUrl())
        {
            throw SignatureErrors.Mixture();
        }

        var word = value.AsSpan(0, Math.Max(0, value.IndexOf(' ', StringComparison.Ordinal)));
        return word switch
        {
            "OSS" => SignatureScheme.V1Header,
            SignatureV2.Version => SignatureScheme.V2Header,
            SignatureV4.Version => SignatureScheme.V4Header,
            "AWS" or "AWS4-HMAC-SHA256" => throw SignatureErrors.ForeignSignature(),
            _ => throw SignatureErrors.InvalidAuthorization(),
        };
    }

    bool HasForeignUrl() =>
        request.QueryValue("AWSAccessKeyId") is not null || request.QueryValue("X-Amz-Algorithm") is not null;

    ParsedSignature V1Header()
    {
        var items = Authorization["OSS ".Length..].Split(':');
        if (items.Length != 2)
        {
            throw SignatureErrors.BadItemCount();
        }

        var id = items[0].Trim();
        var signature = items[1].Trim();
        if (id.Length == 0 || signature.Length == 0)
        {
            throw SignatureErrors.KeyOrSignatureMissing();
        }

        RequireValidId(id);
        var dates = HeaderDates(out var refusal);
        return new ParsedSignature(request, SignatureScheme.V1Header)
        {
            AccessKeyId = id,
            Provided = signature,
            SecurityToken = Token("security-token", TokenHeader),
            DateTexts = dates,
            Refusal = refusal,
        };
    }

    ParsedSignature V2Header()
    {
        var items = AuthorizationItems.Parse(Authorization[SignatureV2.Version.Length..], ':', "AccessKeyId", AuthorizationItems.V2Codes);
        var id = items.Credential ?? throw SignatureErrors.KeyOrSignatureMissing("0002-00000105");
        if (id.Length == 0)
        {
            throw SignatureErrors.KeyOrSignatureMissing("0002-00000106");
        }

        RequireValidId(id, "0002-00000107");
        if (string.IsNullOrEmpty(items.Signature))
        {
            throw SignatureErrors.KeyOrSignatureMissing("0002-00000108");
        }

        var dates = HeaderDates(out var refusal);
        return new ParsedSignature(request, SignatureScheme.V2Header)
        {
            AccessKeyId = id,
            Provided = items.Signature,
            SecurityToken = Token("security-token", TokenHeader),
            AdditionalHeaders = AdditionalHeaders(items.AdditionalHeaders),
            DateTexts = dates,
            Refusal = refusal,
        };
    }

    ParsedSignature V4Header()
    {
        var items = AuthorizationItems.Parse(Authorization[SignatureV4.Version.Length..], '=', "Credential", AuthorizationItems.V4Codes);
        if (string.IsNullOrEmpty(items.Credential))
        {
            throw SignatureErrors.Argument("Credential is missing in Authorization header.", "0002-00000205");
        }

        if (string.IsNullOrEmpty(items.Signature))
        {
            throw SignatureErrors.KeyOrSignatureMissing("0002-00000202");
        }

        var additional = AdditionalHeaders(items.AdditionalHeaders, "0002-00000209", "0002-00000210");
        var scope = CredentialScope.Parse(items.Credential, CredentialScope.HeaderCodes);
        var token = Token(queryName: null, TokenHeader);

        // The key is looked up before these are reported: an unknown key is told so first.
        var refusal = scope.Check(options);
        var dates = HeaderDates(out var dateRefusal, scope.Date);
        refusal ??= dateRefusal ?? CheckPayloadHeader(isRequired: true);
        return V4(SignatureScheme.V4Header, scope, items.Signature, token, additional, dates, refusal);
    }

    ParsedSignature V1Url()
    {
        var id = request.QueryValue("OSSAccessKeyId");
        var expires = request.QueryValue("Expires");
        var signature = request.QueryValue("Signature");
        if (string.IsNullOrEmpty(id) || expires is null || string.IsNullOrEmpty(signature))
        {
            throw SignatureErrors.V1UrlIncomplete();
        }

        RequireValidId(id);
        CheckAbsoluteExpiry(expires, "0002-00000068");
        return new ParsedSignature(request, SignatureScheme.V1Url)
        {
            AccessKeyId = id,
            Provided = PlusRestored(signature),
            SecurityToken = UrlToken("security-token"),
            DateTexts = [expires],
        };
    }

    ParsedSignature V2Url()
    {
        var id = request.QueryValue("x-oss-access-key-id");
        var expires = request.QueryValue("x-oss-expires") ?? throw SignatureErrors.V2UrlIncomplete("0002-00000113");
        var signature = request.QueryValue("x-oss-signature");
        if (string.IsNullOrEmpty(id) || string.IsNullOrEmpty(signature))
        {
            throw SignatureErrors.V2UrlIncomplete();
        }

        RequireValidId(id, "0002-00000107");
        CheckAbsoluteExpiry(expires, "0002-00000114");
        return new ParsedSignature(request, SignatureScheme.V2Url)
        {
            AccessKeyId = id,
            Provided = PlusRestored(signature),
            SecurityToken = UrlToken("security-token"),
            AdditionalHeaders = AdditionalHeaders(request.QueryValue("x-oss-additional-headers")),
            DateTexts = [expires],
        };
    }

    ParsedSignature V4Url()
    {
        var credential = RequireParameter("x-oss-credential", "0002-00000217", "0002-00000218");
        var signature = RequireParameter("x-oss-signature", "0002-00000219", "0002-00000220");
        var additional = AdditionalHeaders(request.QueryValue("x-oss-additional-headers"), "0002-00000209", "0002-00000210");
        var scope = CredentialScope.Parse(credential, CredentialScope.UrlCodes);
        var token = UrlToken(TokenHeader);
        CheckV4Lifetime(scope.Date, out var dateText);
        return V4(
            SignatureScheme.V4Url, scope, signature, token, additional, [dateText], scope.Check(options) ?? CheckPayloadHeader(isRequired: false));
    }

    ParsedSignature V4(
        SignatureScheme scheme,
        CredentialScope scope,
        string signature,
        string? token,
        string[] additional,
        string[] dates,
        OssException? refusal) =>
        new(request, scheme)
        {
            AccessKeyId = scope.AccessKeyId,
            Scope = scope,
            Provided = signature,
            SecurityToken = token,
            AdditionalHeaders = additional,
            DateTexts = dates,
            Refusal = refusal,
        };

    static void RequireValidId(string id, string? ec = null)
    {
        if (!AccessKey.IsValidId(id))
        {
            throw SignatureErrors.UnknownAccessKey(id, ec);
        }
    }

    string RequireParameter(string name, string missing, string blank)
    {
        var value = request.QueryValue(name) ?? throw SignatureErrors.Argument($"{name} is missing.", missing);
        return string.IsNullOrWhiteSpace(value) ? throw SignatureErrors.Argument($"{name} is empty.", blank) : value;
    }

    /// <summary>
    /// The texts that may stand in the date line: <c>x-oss-date</c>, then <c>Date</c>. Only those inside the window count, since
    /// an accepted signature proves no more than the date it was made with.
    /// </summary>
    string[] HeaderDates(out OssException? refusal, string? day = null)
    {
        List<string> usable = [];
        OssException? skewed = null;
        OssException? otherDay = null;
        foreach (var text in (ReadOnlySpan<string?>)[request.Header("x-oss-date"), request.Header("Date")])
        {
            if (string.IsNullOrEmpty(text) || !SignatureDate.TryParse(text, out var date))
            {
                continue;
            }

            if (day is not null && SignatureDate.ToDay(date) != day)
            {
                otherDay ??= SignatureErrors.Argument("Invalid signing date in Authorization header.", "0002-00000212");
            }
            else if ((now - date).Duration() > SignatureOptions.MaxSkew)
            {
                skewed ??= SignatureErrors.Skewed(date, now);
            }
            else if (!usable.Contains(text, StringComparer.Ordinal))
            {
                usable.Add(text);
            }
        }

        refusal = usable.Count > 0 ? null : otherDay ?? skewed ?? SignatureErrors.NoDate();
        return [.. usable];
    }

    void CheckAbsoluteExpiry(string expires, string emptyCode)
    {
        if (expires.Length == 0)
        {
            throw SignatureErrors.BadExpires(emptyCode);
        }

        if (!long.TryParse(expires, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds))
        {
            throw SignatureErrors.BadExpires("0002-00000070");
        }

        if (now.ToUnixTimeSeconds() > seconds)
        {
            var from = Math.Max(seconds, DateTimeOffset.MinValue.ToUnixTimeSeconds());
            throw SignatureErrors.Expired(SignatureDate.ToXml(DateTimeOffset.FromUnixTimeSeconds(from)), now, "0002-00000069");
        }
    }

    void CheckV4Lifetime(string scopeDate, out string dateText)
    {
        dateText = request.QueryValue("x-oss-date") ?? "";
        if (!SignatureDate.TryParse(dateText, out var start))
        {
            throw SignatureErrors.NoDate();
        }

        if (SignatureDate.ToDay(start) != scopeDate)
        {
            throw SignatureErrors.Argument("Invalid signing date in x-oss-credential.", "0002-00000223");
        }

        if (!long.TryParse(request.QueryValue("x-oss-expires"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || seconds < 1 || seconds > (long)SignatureOptions.MaxUrlLifetime.TotalSeconds)
        {
            throw SignatureErrors.Argument("x-oss-expires must be a number of seconds from 1 to 604800.", "0002-00000232");
        }

        if (start - now > SignatureOptions.MaxSkew)
        {
            throw SignatureErrors.TooEarly(now);
        }

        // A difference, not a sum: a date close to the end of time must not overflow.
        if (now - start > TimeSpan.FromSeconds(seconds))
        {
            throw SignatureErrors.Expired(SignatureDate.ToXml(start + TimeSpan.FromSeconds(seconds)), now, "0002-00000236");
        }
    }

    OssException? CheckPayloadHeader(bool isRequired)
    {
        var value = request.Header("x-oss-content-sha256");
        var isGood = value is null ? !isRequired : value == SignatureV4.UnsignedPayload;
        return isGood
            ? null
            : SignatureErrors.Argument("x-oss-content-sha256 must be UNSIGNED-PAYLOAD.", "0002-00000214");
    }

    string? Token(string? queryName, string headerName)
    {
        var header = NullIfEmpty(request.Header(headerName));
        var query = queryName is null ? null : NullIfEmpty(request.QueryValue(queryName));
        return header is not null && query is not null ? throw SignatureErrors.TwoTokens() : header ?? query;
    }

    string? UrlToken(string queryName)
    {
        var query = NullIfEmpty(request.QueryValue(queryName));
        return NullIfEmpty(request.Header(TokenHeader)) is null ? query
            : throw (query is null ? SignatureErrors.TokenNotInQuery() : SignatureErrors.TwoTokens());
    }

    /// <summary>The names in lower case, once each and sorted. Those that are signed anyway are not listed by any client.</summary>
    static string[] AdditionalHeaders(string? list, string? emptyCode = null, string? itemCode = null)
    {
        if (list is null)
        {
            return [];
        }

        if (string.IsNullOrWhiteSpace(list))
        {
            throw SignatureErrors.Argument("AdditionalHeaders is empty.", emptyCode);
        }

        var names = list.Split(';', StringSplitOptions.TrimEntries);
        if (names.Contains("", StringComparer.Ordinal))
        {
            throw SignatureErrors.Argument("AdditionalHeaders has an empty item.", itemCode);
        }

        return [.. names.Select(name => name.ToLowerInvariant()).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    // A client that forgot to encode the plus signs of a base64 signature means plus signs.
    static string PlusRestored(string base64) => base64.Replace(' ', '+');

    static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
