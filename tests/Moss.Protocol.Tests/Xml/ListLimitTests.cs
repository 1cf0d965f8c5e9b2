using System.Text;
using Moss.Protocol.Errors;
using Moss.Protocol.Limits;
using Moss.Protocol.Xml;

namespace Moss.Protocol.Tests.Xml;

/// <summary>Lists of which the protocol allows few elements: reading stops at the first one that is too many, and never looks at the rest.</summary>
public sealed class ListLimitTests
{
    const string Rule = "<LifecycleConfiguration><Rule><Status>Enabled</Status>";

    public static TheoryData<string, string, string, int> Lists => new()
    {
        { "LifecycleConfiguration", Rule, "<Tag><Key>k</Key><Value/></Tag>", OssLimits.MaxListElements },
        { "LifecycleConfiguration", Rule, "<Transition><Days>1</Days></Transition>", OssLimits.MaxListElements },
        { "LifecycleConfiguration", Rule, "<NoncurrentVersionTransition/>", OssLimits.MaxListElements },
        { "LifecycleConfiguration", $"{Rule}<Filter>", "<Not><Prefix>p</Prefix></Not>", OssLimits.MaxLifecycleNots },
        { "LifecycleConfiguration", "<LifecycleConfiguration>", "<Rule><Status>Enabled</Status></Rule>", OssLimits.MaxLifecycleRules },
        { "WebsiteConfiguration", "<WebsiteConfiguration><RoutingRules>", "<RoutingRule/>", OssLimits.MaxListElements },
        { "WebsiteConfiguration", "<WebsiteConfiguration><RoutingRules><RoutingRule><Condition>", "<IncludeHeader><Key>k</Key></IncludeHeader>", OssLimits.MaxListElements },
        { "HttpsConfiguration", "<HttpsConfiguration><TLS>", "<TLSVersion>TLSv1.2</TLSVersion>", OssLimits.MaxListElements },
        { "RefererConfiguration", "<RefererConfiguration><RefererList>", "<Referer>r</Referer>", OssLimits.MaxListTexts },
        { "RefererConfiguration", "<RefererConfiguration><RefererBlacklist>", "<Referer>r</Referer>", OssLimits.MaxListTexts },
        { "ResponseHeaderConfiguration", "<ResponseHeaderConfiguration><Rule><HideHeaders>", "<Header>h</Header>", OssLimits.MaxListTexts },
        { "OverwriteConfiguration", "<OverwriteConfiguration><Rule><Principals>", "<Principal>*</Principal>", OssLimits.MaxListTexts },
        { "Tagging", "<Tagging><TagSet>", "<Tag><Key>k</Key></Tag>", OssLimits.MaxListElements },
        { "Delete", "<Delete>", "<Object><Key>k</Key></Object>", OssLimits.MaxDeleteKeys },
        { "CompleteMultipartUpload", "<CompleteMultipartUpload>", "<Part><PartNumber>1</PartNumber><ETag>e</ETag></Part>", 2 * OssLimits.MaxPartNumber },
    };

    [Theory]
    [MemberData(nameof(Lists))]
    public void A_list_is_read_as_far_as_it_may_be_long(string root, string before, string element, int most)
    {
        var name = element[1..element.AsSpan().IndexOfAny('>', '/')];

        // As many as may be, and then the end of the file: that is what is complained of.
        var full = Refusal(root, before + string.Concat(Enumerable.Repeat(element, most)));
        Assert.DoesNotContain("more than", full, StringComparison.Ordinal);

        // One more, which is itself broken: it is not looked at.
        var over = Refusal(root, $"{before}{string.Concat(Enumerable.Repeat(element, most))}<{name}><Days>x</Days><broken");
        Assert.Equal($"there are more than {most} elements {name}.", over);
    }

    static string Refusal(string root, string document)
    {
        var bytes = Encoding.UTF8.GetBytes(document);
        var refusal = Assert.Throws<OssException>(() =>
        {
            _ = root switch
            {
                "LifecycleConfiguration" => (object)XmlDocuments.Parse<LifecycleConfiguration>(bytes),
                "WebsiteConfiguration" => XmlDocuments.Parse<WebsiteConfiguration>(bytes),
                "HttpsConfiguration" => XmlDocuments.Parse<HttpsConfiguration>(bytes),
                "RefererConfiguration" => XmlDocuments.Parse<RefererConfiguration>(bytes),
                "ResponseHeaderConfiguration" => XmlDocuments.Parse<ResponseHeaderConfiguration>(bytes),
                "OverwriteConfiguration" => XmlDocuments.Parse<OverwriteConfiguration>(bytes),
                "Tagging" => XmlDocuments.Parse<Tagging>(bytes),
                "Delete" => XmlDocuments.Parse<Delete>(bytes),
                _ => XmlDocuments.Parse<CompleteMultipartUpload>(bytes),
            };
        });
        Assert.Equal(OssErrors.MalformedXML, refusal.Error);
        return refusal.Details.Single(detail => detail.Key == "ErrorDetail").Value;
    }
}
