using System.Buffers;

namespace Moss.Protocol.Xml;

/// <summary>Whole documents as UTF-8.</summary>
public static class XmlDocuments
{
    /// <summary>Writes a document with declaration, indentation and one trailing line feed.</summary>
    public static void Write<T>(IBufferWriter<byte> output, T document)
        where T : IXmlDocument<T>
    {
        var writer = new XmlDocumentWriter(output);
        writer.Start(T.Root);
        document.Write(writer);
        writer.End();
    }

    /// <summary>The document as bytes.</summary>
    public static byte[] ToUtf8<T>(T document)
        where T : IXmlDocument<T>
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        Write(buffer, document);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads a document; a byte order mark, white space, a namespace and a missing declaration are no matter.</summary>
    /// <exception cref="Errors.OssException"><c>MalformedXML</c>.</exception>
    public static T Parse<T>(ReadOnlyMemory<byte> document)
        where T : IXmlDocument<T>
    {
        using var reader = new XmlDocumentReader(document, T.Root);
        var result = T.Read(reader);
        reader.ReadToEnd();
        return result;
    }
}
