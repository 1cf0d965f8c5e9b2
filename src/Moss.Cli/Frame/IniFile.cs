using System.Text;

namespace Moss.Cli.Frame;

/// <summary>A section of an INI file and its keys, in their order.</summary>
sealed record IniSection(string Name, List<KeyValuePair<string, string>> Values)
{
    /// <summary>Keys that stand indented below a key without a value.</summary>
    public Dictionary<string, List<KeyValuePair<string, string>>> Nested { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The last value of a key, whichever way it is spelled: <c>accessKeyID</c>, <c>access-key-id</c>, <c>access_key_id</c>.</summary>
    public string? Get(params ReadOnlySpan<string> spellings) => Find(Values, spellings);

    public static string? Find(List<KeyValuePair<string, string>> values, params ReadOnlySpan<string> spellings)
    {
        string? found = null;
        foreach (var (key, value) in values)
        {
            foreach (var spelling in spellings)
            {
                if (Plain(key) == Plain(spelling))
                {
                    found = value;
                }
            }
        }

        return string.IsNullOrEmpty(found) ? null : found;
    }

    /// <summary>A name without case and separators.</summary>
    public static string Plain(string name) => name.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
}

/// <summary>
/// An INI file as both generations of ossutil write it: <c>[section]</c>, <c>key = value</c>, <c>#</c> and <c>;</c> comments at the start of
/// a line. Lines that are changed keep their place; everything else stays as it was.
/// </summary>
sealed class IniFile
{
    readonly List<string> _lines;

    IniFile(List<string> lines) => _lines = lines;

    /// <summary>Reads a file; one that is not there is empty.</summary>
    public static IniFile Read(string path) => new(File.Exists(path) ? [.. File.ReadAllLines(path)] : []);

    public static IniFile Parse(string text) => new([.. text.ReplaceLineEndings("\n").Split('\n')]);

    /// <exception cref="UsageException">A line that is none of section, key, comment.</exception>
    public IReadOnlyList<IniSection> Sections()
    {
        var sections = new List<IniSection>();
        List<KeyValuePair<string, string>>? nested = null;
        for (var number = 0; number < _lines.Count; number++)
        {
            var line = _lines[number];
            var text = line.Trim();
            if (text.Length == 0 || text[0] is '#' or ';')
            {
                continue;
            }

            if (SectionName(text) is { } name)
            {
                sections.Add(new(name, []));
                nested = null;
                continue;
            }

            var equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || sections.Count == 0)
            {
                throw new UsageException($"line {number + 1} of the configuration is no 'key = value' in a section");
            }

            var pair = new KeyValuePair<string, string>(text[..equals].Trim(), text[(equals + 1)..].Trim());
            if (char.IsWhiteSpace(line[0]) && nested is not null)
            {
                nested.Add(pair);
                continue;
            }

            sections[^1].Values.Add(pair);
            nested = null;
            if (pair.Value.Length == 0)
            {
                nested = [];
                sections[^1].Nested[pair.Key] = nested;
            }
        }

        return sections;
    }

    /// <summary>Sets a key of a section in its place, or adds both at the end; null removes the key.</summary>
    public void Set(string section, string key, string? value)
    {
        if (value?.AsSpan().ContainsAny('\r', '\n') == true)
        {
            throw new UsageException("a value of the configuration is one line");
        }

        var start = _lines.FindIndex(line => SectionName(line.Trim()) is { } name && string.Equals(name, section, StringComparison.OrdinalIgnoreCase));
        if (start < 0)
        {
            if (value is not null)
            {
                if (_lines is [.., { Length: > 0 }])
                {
                    _lines.Add("");
                }

                _lines.Add($"[{section}]");
                _lines.Add($"{key} = {value}");
            }

            return;
        }

        var end = _lines.FindIndex(start + 1, line => SectionName(line.Trim()) is not null);
        end = end < 0 ? _lines.Count : end;
        var at = _lines.FindIndex(start + 1, end - start - 1, line => KeyOf(line) is { } known && IniSection.Plain(known) == IniSection.Plain(key));
        if (at >= 0)
        {
            _lines.RemoveAt(at);
        }

        if (value is not null)
        {
            while (at < 0 && end > start + 1 && _lines[end - 1].Trim().Length == 0)
            {
                end--;
            }

            _lines.Insert(at >= 0 ? at : end, $"{key} = {value}");
        }
    }

    /// <summary>
    /// Writes the file whole or not at all, readable by its owner alone: it holds secrets.
    /// </summary>
    public void Write(string path) => PrivateFile.Write(path, Encoding.UTF8.GetBytes(string.Join('\n', _lines).TrimEnd('\n') + "\n"));

    static string? SectionName(string line) => line is ['[', .., ']'] ? line[1..^1].Trim() : null;

    static string? KeyOf(string line)
    {
        var text = line.Trim();
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        return text.Length == 0 || text[0] is '#' or ';' || equals <= 0 || char.IsWhiteSpace(line[0]) ? null : text[..equals].Trim();
    }
}
