using System.Text;

namespace Moss.Server.PostObject;

/// <summary>The fields of a form as they came, by name without case. Of a name that comes twice the first value counts, for checks and for use alike.</summary>
sealed class PostForm
{
    readonly Dictionary<string, byte[]> _fields = new(StringComparer.OrdinalIgnoreCase);

    // A policy may ask for the same field very often.
    readonly Dictionary<string, string> _texts = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The name of the uploaded file; empty when it has none.</summary>
    public string FileName { get; set; } = "";

    /// <summary>What the file's own part says of its type, one character a byte; null when it says nothing.</summary>
    public string? FileType { get; set; }

    public IEnumerable<string> Names => _fields.Keys;

    public int Count => _fields.Count;

    public void Add(string name, byte[] value) => _fields.TryAdd(name, value);

    /// <summary>The value as text; null when there is no such field.</summary>
    public string? this[string name]
    {
        get
        {
            if (!_texts.TryGetValue(name, out var text) && _fields.TryGetValue(name, out var value))
            {
                text = Encoding.UTF8.GetString(value);
                _texts.Add(name, text);
            }

            return text;
        }
    }

    /// <summary>The value as text, or null when it is empty or not there.</summary>
    public string? Given(string name) => this[name] is { Length: > 0 } value ? value : null;

    /// <summary>The value byte for byte; null when there is no such field.</summary>
    public byte[]? Bytes(string name) => _fields.GetValueOrDefault(name);

    /// <summary>The value as headers are kept, one character a byte.</summary>
    public string? Header(string name) => _fields.TryGetValue(name, out var value) ? Encoding.Latin1.GetString(value) : null;
}
