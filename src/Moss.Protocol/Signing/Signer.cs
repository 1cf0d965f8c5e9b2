using System.Globalization;

namespace Moss.Protocol.Signing;

/// <summary>How a client signs.</summary>
public sealed record SigningOptions
{
    /// <summary>The version of the signature; V4 unless said otherwise.</summary>
    public SignatureVersion Version { get; init; } = SignatureVersion.V4;

    /// <summary>The region of a V4 scope, without the <c>oss-</c> prefix (<c>cn-hangzhou</c>). V4 needs one.</summary>
    public string Region { get; init; } = "";

    /// <summary>The product of a V4 scope.</summary>
    public string Product { get; init; } = "oss";

    /// <summary>Headers to be signed beyond those that always are (V2 and V4), such as <c>host</c> or <c>range</c>.</summary>
    public IReadOnlyList<string> AdditionalHeaders { get; init; } = [];

    /// <summary>
    /// V4 in a header sends no <c>x-oss-date</c> and signs the text of the <c>Date</c> header, as the first Go SDK does.
    /// </summary>
    public bool SignDateHeader { get; init; }
}

/// <summary>Signs requests for a client: in headers, or in the URL.</summary>
public sealed class Signer
{
    readonly Credential _credential;
    readonly SigningOptions _options;
    readonly string[] _additional;

    /// <summary>A signer for one key.</summary>
    /// <exception cref="ArgumentException">V4 without a region.</exception>
    public Signer(Credential credential, SigningOptions options)
    {
        if (options.Version == SignatureVersion.V4 && options.Region.Length == 0)
        {
            throw new ArgumentException("Signature V4 needs a region.", nameof(options));
        }

        _credential = credential;
        _options = options;
        _additional = options.Version == SignatureVersion.V1
            ? []
            : [.. options.AdditionalHeaders
                .Select(name => name.ToLowerInvariant())
                .Where(name => options.Version == SignatureVersion.V2 ? !CanonicalHeaders.IsOss(name) : !SignatureV4.IsMandatory(name))
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal)];
    }

    /// <summary>
    /// The headers to add to a request, <c>Authorization</c> last: the date unless the request has one, the token, and for V4
    /// <c>x-oss-content-sha256</c>. Every other header that begins with <c>x-oss-</c>, and Content-Type and Content-MD5, must already
    /// stand in the request, and must be sent as they stand there.
    /// </summary>
    /// <param name="request">The request as it will be sent; see <see cref="SignableRequest.ToSend"/>.</param>
    /// <param name="now">The client's time, corrected by what it knows of the server's.</param>
    public IReadOnlyList<KeyValuePair<string, string>> Sign(SignableRequest request, DateTimeOffset now)
    {
        var added = HeadersToAdd(request, now);
        var signed = request.With(moreHeaders: added);
        var dateText = signed.Header("x-oss-date") ?? signed.Header("Date") ?? "";
        using var text = new CanonicalBuffer();
        switch (_options.Version)
        {
            case SignatureVersion.V1:
                SignatureV1.StringToSign(text, signed, dateText, default);
                added.Add(new("Authorization", $"OSS {_credential.AccessKeyId}:{SignatureV1.Sign(_credential.Secret, text.Written)}"));
                break;
            case SignatureVersion.V2:
                SignatureV2.StringToSign(text, signed, _additional, dateText, default);
                var names = _additional.Length == 0 ? "" : $"AdditionalHeaders:{string.Join(';', _additional)},";
                added.Add(new(
                    "Authorization",
                    $"OSS2 AccessKeyId:{_credential.AccessKeyId},{names}Signature:{SignatureV2.Sign(_credential.Secret, text.Written)}"));
                break;
            default:
                var scope = Scope(SignatureDate.TryParse(dateText, out var date) ? date : now);
                var signature = SignV4(signed, scope, dateText);
                var listed = _additional.Length == 0 ? "" : $"AdditionalHeaders={string.Join(';', _additional)},";
                added.Add(new(
                    "Authorization",
                    $"{SignatureV4.Version} Credential={scope.AccessKeyId}/{scope.Text},{listed}Signature={signature}"));
                break;
        }

        return added;
    }

    /// <summary>
    /// The complete raw query (without <c>?</c>) of a URL that anyone may use until it expires. Content-Type, Content-MD5 and
    /// <c>x-oss-</c> headers of the request take part: whoever uses the URL has to send the same.
    /// </summary>
    /// <param name="request">The request the URL stands for.</param>
    /// <param name="now">The start of validity.</param>
    /// <param name="validFor">How long it is valid, in whole seconds: at least 1, with V4 at most 604,800 (7 days).</param>
    /// <exception cref="ArgumentOutOfRangeException">The duration is out of range.</exception>
    public string Presign(SignableRequest request, DateTimeOffset now, TimeSpan validFor)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(validFor, TimeSpan.FromSeconds(1));
        if (_options.Version == SignatureVersion.V4)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(validFor, SignatureOptions.MaxUrlLifetime);
        }

        var expires = (now.ToUnixTimeSeconds() + (long)validFor.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        return _options.Version switch
        {
            SignatureVersion.V1 => PresignV1(request, expires),
            SignatureVersion.V2 => PresignV2(request, expires),
            _ => PresignV4(request, now, (long)validFor.TotalSeconds),
        };
    }

    List<KeyValuePair<string, string>> HeadersToAdd(SignableRequest request, DateTimeOffset now)
    {
        List<KeyValuePair<string, string>> added = [];
        var hasDate = request.Header("x-oss-date") is not null;
        if (_options.Version == SignatureVersion.V4)
        {
            if (request.Header("x-oss-content-sha256") is null)
            {
                added.Add(new("x-oss-content-sha256", SignatureV4.UnsignedPayload));
            }

            if (!hasDate && !_options.SignDateHeader)
            {
                added.Add(new("x-oss-date", SignatureDate.ToIsoBasic(now)));
                hasDate = true;
            }
        }

        if (!hasDate && request.Header("Date") is null)
        {
            added.Add(new("Date", SignatureDate.ToRfc1123(now)));
        }

        if (_credential.SecurityToken is { } token && request.Header("x-oss-security-token") is null)
        {
            added.Add(new("x-oss-security-token", token));
        }

        return added;
    }

    string PresignV1(SignableRequest request, string expires)
    {
        var signed = request.With(moreQuery:
        [
            QueryParameter.FromText("OSSAccessKeyId", _credential.AccessKeyId),
            QueryParameter.FromText("Expires", expires),
            .. Token("security-token"),
        ]);
        using var text = new CanonicalBuffer();
        SignatureV1.StringToSign(text, signed, expires, default);
        return WithSignature(signed, "Signature", SignatureV1.Sign(_credential.Secret, text.Written));
    }

    string PresignV2(SignableRequest request, string expires)
    {
        var signed = request.With(moreQuery:
        [
            QueryParameter.FromText("x-oss-signature-version", SignatureV2.Version),
            QueryParameter.FromText("x-oss-access-key-id", _credential.AccessKeyId),
            QueryParameter.FromText("x-oss-expires", expires),
            .. AdditionalHeaders(),
            .. Token("security-token"),
        ]);
        using var text = new CanonicalBuffer();
        SignatureV2.StringToSign(text, signed, _additional, expires, default);
        return WithSignature(signed, "x-oss-signature", SignatureV2.Sign(_credential.Secret, text.Written));
    }

    string PresignV4(SignableRequest request, DateTimeOffset now, long seconds)
    {
        var scope = Scope(now);
        var dateText = SignatureDate.ToIsoBasic(now);
        var signed = request.With(moreQuery:
        [
            QueryParameter.FromText("x-oss-signature-version", SignatureV4.Version),
            QueryParameter.FromText("x-oss-credential", $"{scope.AccessKeyId}/{scope.Text}"),
            QueryParameter.FromText("x-oss-date", dateText),
            QueryParameter.FromText("x-oss-expires", seconds.ToString(CultureInfo.InvariantCulture)),
            .. AdditionalHeaders(),
            .. Token("x-oss-security-token"),
        ]);
        return WithSignature(signed, "x-oss-signature", SignV4(signed, scope, dateText));
    }

    string SignV4(SignableRequest signed, CredentialScope scope, string dateText)
    {
        using var canonicalRequest = new CanonicalBuffer();
        using var text = new CanonicalBuffer();
        SignatureV4.CanonicalRequest(canonicalRequest, signed, _additional, default);
        SignatureV4.StringToSign(text, dateText, scope.Text, canonicalRequest.Written);
        var key = SigningKeyCache.Shared.Find(scope.AccessKeyId, scope.Text, _credential.Secret);
        if (key is null)
        {
            key = SignatureV4.DeriveKey(_credential.Secret, scope.Date, scope.Region, scope.Product);
            SigningKeyCache.Shared.Remember(scope.AccessKeyId, scope.Text, _credential.Secret, key);
        }

        return SignatureV4.Sign(key, text.Written);
    }

    CredentialScope Scope(DateTimeOffset date) =>
        new(_credential.AccessKeyId, SignatureDate.ToDay(date), _options.Region, _options.Product);

    QueryParameter[] Token(string name) =>
        _credential.SecurityToken is { } token ? [QueryParameter.FromText(name, token)] : [];

    QueryParameter[] AdditionalHeaders() =>
        _additional.Length == 0 ? [] : [QueryParameter.FromText("x-oss-additional-headers", string.Join(';', _additional))];

    static string WithSignature(SignableRequest signed, string name, string signature) =>
        string.Join('&', signed.Query.Append(QueryParameter.FromText(name, signature)));
}
