namespace Moss.Protocol.Xml;

/// <summary>
/// A document of the wire: written by one side, read by the other. Reading what was written gives an equal document.
/// </summary>
public interface IXmlDocument<TSelf>
    where TSelf : IXmlDocument<TSelf>
{
    /// <summary>The name of the root element.</summary>
    static abstract string Root { get; }

    /// <summary>Writes what stands inside the root element.</summary>
    void Write(XmlDocumentWriter writer);

    /// <summary>Reads what stands inside the root element. Unknown elements are skipped, elements may come in any order.</summary>
    /// <exception cref="Errors.OssException"><c>MalformedXML</c>: the document breaks its schema.</exception>
    static abstract TSelf Read(XmlDocumentReader reader);
}
