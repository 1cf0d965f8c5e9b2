using System.Text.Json;

namespace Moss.Cli.Tests.Support;

/// <summary>A document that a test asks for members of.</summary>
public sealed class Json(JsonElement element)
{
    public JsonElement Element { get; } = element;

    /// <summary>A member; <c>a.b</c> for one within another.</summary>
    public string? this[string path] => Find(path)?.ToString();

    public int Count => Element.GetArrayLength();

    public IEnumerable<Json> Items => Element.EnumerateArray().Select(static item => new Json(item));

    /// <summary>One member of every item.</summary>
    public string[] All(string path) => [.. Items.Select(item => item[path] ?? throw new KeyNotFoundException($"there is no '{path}' in {item}"))];

    public long Number(string path) => Find(path)?.GetInt64() ?? throw new KeyNotFoundException($"there is no '{path}' in {Element}");

    public override string ToString() => Element.ToString();

    JsonElement? Find(string path)
    {
        var at = Element;
        foreach (var name in path.Split('.'))
        {
            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(name, out at))
            {
                return null;
            }
        }

        return at;
    }
}
