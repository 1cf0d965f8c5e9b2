namespace Moss.Protocol.Signing;

/// <summary>How a parameter without a value is written.</summary>
enum EmptyValues
{
    /// <summary><c>k</c>: the rule.</summary>
    Bare,

    /// <summary><c>k=</c>: Java.</summary>
    Equals,

    /// <summary><c>k</c> or <c>k=</c>, as it stands on the wire.</summary>
    AsSent,

    /// <summary><c>k</c> for sub-resources and <c>k=</c> for other parameters: ali-oss, whatever it puts on the wire.</summary>
    BareSubResources,
}

/// <summary>Which text of a parameter is signed.</summary>
enum QueryText
{
    /// <summary>Decoded once, <c>+</c> being a blank; V2 and V4 encode it again.</summary>
    Decoded,

    /// <summary>The same with <c>+</c> standing for itself.</summary>
    LiteralPlus,

    /// <summary>The wire text, as clients sign that canonicalise the URL and not the parameters (C# v2, Go v2).</summary>
    AsSent,
}

/// <summary>
/// One spelling of the text to sign. The default is the documented one; the others are what official SDKs are known to
/// sign instead. A spelling may differ in <c>k=</c>, order, date source or blanks, but never leaves out anything a request
/// can act on: what it does leave out is named in <see cref="AuthenticationResult.Uncovered"/>.
/// </summary>
readonly record struct CanonicalForm(
    EmptyValues Empty = EmptyValues.Bare,
    QueryText Text = QueryText.Decoded,
    bool LocaleOrder = false,
    bool SkipEmptyHeaders = false,
    bool SkipUnknownParameters = false,
    bool UseBucketAlias = false,
    bool UseAlternativeKey = false,
    int DateIndex = 0)
{
    /// <summary>The bucket as it is signed.</summary>
    public string? BucketOf(SignableRequest request) => UseBucketAlias ? request.BucketAlias : request.Bucket;

    /// <summary>The key as it is signed.</summary>
    public string? KeyOf(SignableRequest request) => UseAlternativeKey ? request.AlternativeKey : request.Key;

    /// <summary>
    /// Every spelling worth a try after the documented one, given what the request contains; a request with nothing
    /// unusual in it has none. No SDK has more than two peculiarities at once, so there are at most some dozens, and a wrong
    /// signature stays cheap.
    /// </summary>
    public static IEnumerable<CanonicalForm> Alternatives(SignableRequest request, SignatureScheme scheme, int dates) =>
        Combinations(request, scheme, dates).Where(form => form.Peculiarities is 1 or 2);

    int Peculiarities =>
        (Empty == EmptyValues.Bare ? 0 : 1) + (Text == QueryText.Decoded ? 0 : 1) + (LocaleOrder ? 1 : 0) + (SkipEmptyHeaders ? 1 : 0)
        + (SkipUnknownParameters ? 1 : 0) + (UseBucketAlias ? 1 : 0) + (UseAlternativeKey ? 1 : 0) + (DateIndex == 0 ? 0 : 1);

    static IEnumerable<CanonicalForm> Combinations(SignableRequest request, SignatureScheme scheme, int dates)
    {
        var isV1 = scheme is SignatureScheme.V1Header or SignatureScheme.V1Url;
        var queries = QueryForms(request, isV1);
        bool[] skipHeaders = HasEmptyCoveredHeader(request) ? [false, true] : [false];
        bool[] skipUnknown = isV1 && request.Query.Any(p => SignedSubResources.IsUnknownOss(p.Name)) ? [false, true] : [false];
        foreach (var (alias, alternativeKey) in Resources(request))
        {
            for (var date = 0; date < dates; date++)
            {
                foreach (var skipHeader in skipHeaders)
                {
                    foreach (var skipParameter in skipUnknown)
                    {
                        foreach (var query in queries)
                        {
                            yield return query with
                            {
                                SkipEmptyHeaders = skipHeader,
                                SkipUnknownParameters = skipParameter,
                                UseBucketAlias = alias,
                                UseAlternativeKey = alternativeKey,
                                DateIndex = date,
                            };
                        }
                    }
                }
            }
        }
    }

    static IEnumerable<(bool Alias, bool AlternativeKey)> Resources(SignableRequest request)
    {
        yield return (false, false);
        if (request.AlternativeKey is not null)
        {
            yield return (false, true);
        }

        if (request.BucketAlias is not null)
        {
            yield return (true, false);
        }
    }

    static List<CanonicalForm> QueryForms(SignableRequest request, bool isV1)
    {
        var hasEmpty = false;
        var hasPlus = false;
        var isCanonical = true;
        var isByteOrdered = true;
        foreach (var parameter in request.Query)
        {
            hasEmpty |= parameter.RawValue.Length == 0;
            hasPlus |= parameter.RawName.Contains('+') || parameter.RawValue.Contains('+');
            isCanonical &= PercentEncoding.IsCanonicalWire(parameter.RawName) && PercentEncoding.IsCanonicalWire(parameter.RawValue);
            isByteOrdered &= !parameter.Name.AsSpan().ContainsAnyExcept(LocaleQuery.SafeCharacters);
        }

        EmptyValues[] empties = !hasEmpty ? [EmptyValues.Bare]
            : isV1 ? [EmptyValues.Bare, EmptyValues.Equals, EmptyValues.AsSent]
            : [EmptyValues.Bare, EmptyValues.Equals, EmptyValues.AsSent, EmptyValues.BareSubResources];
        List<CanonicalForm> forms = [.. empties.Select(empty => new CanonicalForm(empty))];
        if (hasPlus)
        {
            forms.AddRange(empties.Select(empty => new CanonicalForm(empty, QueryText.LiteralPlus)));
        }

        if (!isV1 && !isCanonical)
        {
            forms.Add(new CanonicalForm(Text: QueryText.AsSent));
            if (hasEmpty)
            {
                forms.Add(new CanonicalForm(EmptyValues.AsSent, QueryText.AsSent));
            }
        }

        if (!isV1 && !isByteOrdered && request.Query.Count > 1)
        {
            forms.AddRange(empties.Select(empty => new CanonicalForm(empty, LocaleOrder: true)));
        }

        return forms;
    }

    static bool HasEmptyCoveredHeader(SignableRequest request) =>
        request.Headers.Any(header => SignatureV4.IsMandatory(header.Key) && CanonicalHeaders.Trim(header.Value).IsEmpty);
}
