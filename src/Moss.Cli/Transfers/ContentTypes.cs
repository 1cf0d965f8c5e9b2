using System.Collections.Frozen;

namespace Moss.Cli.Transfers;

/// <summary>The Content-Type that a name's ending stands for.</summary>
static class ContentTypes
{
    static readonly FrozenDictionary<string, string> Known = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        ["7z"] = "application/x-7z-compressed",
        ["aac"] = "audio/aac",
        ["avi"] = "video/x-msvideo",
        ["avif"] = "image/avif",
        ["bmp"] = "image/bmp",
        ["bz2"] = "application/x-bzip2",
        ["css"] = "text/css",
        ["csv"] = "text/csv",
        ["doc"] = "application/msword",
        ["docx"] = "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ["flac"] = "audio/flac",
        ["flv"] = "video/x-flv",
        ["gif"] = "image/gif",
        ["gz"] = "application/gzip",
        ["heic"] = "image/heic",
        ["htm"] = "text/html",
        ["html"] = "text/html",
        ["ico"] = "image/x-icon",
        ["jpeg"] = "image/jpeg",
        ["jpg"] = "image/jpeg",
        ["js"] = "text/javascript",
        ["json"] = "application/json",
        ["m3u8"] = "application/vnd.apple.mpegurl",
        ["m4a"] = "audio/mp4",
        ["m4v"] = "video/x-m4v",
        ["md"] = "text/markdown",
        ["mjs"] = "text/javascript",
        ["mkv"] = "video/x-matroska",
        ["mov"] = "video/quicktime",
        ["mp3"] = "audio/mpeg",
        ["mp4"] = "video/mp4",
        ["ogg"] = "audio/ogg",
        ["otf"] = "font/otf",
        ["pdf"] = "application/pdf",
        ["png"] = "image/png",
        ["ppt"] = "application/vnd.ms-powerpoint",
        ["pptx"] = "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        ["rar"] = "application/vnd.rar",
        ["svg"] = "image/svg+xml",
        ["tar"] = "application/x-tar",
        ["tif"] = "image/tiff",
        ["tiff"] = "image/tiff",
        ["ts"] = "video/mp2t",
        ["ttf"] = "font/ttf",
        ["txt"] = "text/plain",
        ["wasm"] = "application/wasm",
        ["wav"] = "audio/wav",
        ["webm"] = "video/webm",
        ["webp"] = "image/webp",
        ["woff"] = "font/woff",
        ["woff2"] = "font/woff2",
        ["xls"] = "application/vnd.ms-excel",
        ["xlsx"] = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ["xml"] = "application/xml",
        ["yaml"] = "application/yaml",
        ["yml"] = "application/yaml",
        ["zip"] = "application/zip",
        ["zst"] = "application/zstd",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>Null for an ending that stands for nothing.</summary>
    public static string? Of(string name)
    {
        var dot = name.LastIndexOf('.');
        return dot < 0 ? null : Known.GetValueOrDefault(name[(dot + 1)..]);
    }
}
