using System.Buffers;
using System.Text;
using Moss.Server.Tests.AccessControl;

namespace Moss.Server.Tests.PostObject;

/// <summary>A form as a browser writes it.</summary>
sealed class Form
{
    public const string Boundary = "9431149156168";
    readonly ArrayBufferWriter<byte> _body = new();

    public static string ContentType => $"multipart/form-data; boundary={Boundary}";

    public Form Field(string name, string value) => Part($"form-data; name=\"{name}\"", null, Encoding.UTF8.GetBytes(value));

    public Form File(byte[] content, string fileName = "photo.jpg", string? type = "image/jpeg") =>
        Part($"form-data; name=\"file\"; filename=\"{fileName}\"", type, content);

    public Form Part(string disposition, string? type, byte[] content)
    {
        Raw($"--{Boundary}\r\nContent-Disposition: {disposition}\r\n{(type is null ? "" : $"Content-Type: {type}\r\n")}\r\n");
        _body.Write(content);
        return Raw("\r\n");
    }

    public Form Raw(string text)
    {
        _body.Write(Encoding.UTF8.GetBytes(text));
        return this;
    }

    public byte[] Bytes(bool isClosed = true) => isClosed ? [.. _body.WrittenSpan, .. Encoding.ASCII.GetBytes($"--{Boundary}--\r\n")] : _body.WrittenSpan.ToArray();

    public Task<Reply> PostAsync(AccessServer server, string bucket, bool isClosed = true) =>
        server.RawAsync("POST", $"/{bucket}/", [new("Content-Type", ContentType)], Bytes(isClosed));
}
