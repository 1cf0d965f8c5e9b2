namespace Moss.Protocol.Xml;

/// <summary>The document of Put- and GetBucketRequestPayment.</summary>
/// <param name="Payer"><c>BucketOwner</c> or <c>Requester</c>, unchecked.</param>
public sealed record RequestPaymentConfiguration(string Payer) : IXmlDocument<RequestPaymentConfiguration>
{
    public static string Root => "RequestPaymentConfiguration";

    public static RequestPaymentConfiguration Read(XmlDocumentReader reader)
    {
        var payer = "";
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            if (reader.Name == "Payer")
            {
                payer = reader.Text();
            }
        }

        return new(payer);
    }

    public void Write(XmlDocumentWriter writer) => writer.Element("Payer", Payer);
}
