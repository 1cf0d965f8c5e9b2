using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Moss.Cli.Frame;

namespace Moss.Cli.Output;

/// <summary>
/// Writes rows as they come, so that a listing of any length needs no memory: a table for people, or a JSON array, a YAML sequence, or
/// lines of tab-separated values for programs.
/// </summary>
abstract class RowWriter(Stream output)
{
    const int FlushAt = 64 * 1024;

    readonly ArrayBufferWriter<byte> _buffer = new(FlushAt + 4096);

    /// <summary>Bytes for the output go here; they leave when there are enough of them.</summary>
    protected IBufferWriter<byte> Buffer => _buffer;

    protected bool Any { get; private set; }

    public static RowWriter Create(OutputFormat format, Stream output, IReadOnlyList<Column> columns) => format switch
    {
        OutputFormat.Json => new JsonRows(output),
        OutputFormat.Yaml => new YamlRows(output),
        OutputFormat.Raw => new RawRows(output, columns),
        _ => new TextRows(output, columns),
    };

    public async ValueTask WriteAsync(Row row, CancellationToken ct)
    {
        if (!Any)
        {
            Begin();
        }

        Write(row, first: !Any);
        Any = true;
        if (_buffer.WrittenCount >= FlushAt)
        {
            await FlushAsync(ct);
        }
    }

    /// <summary>Everything that was written so far is with the reader after this.</summary>
    public async ValueTask FlushAsync(CancellationToken ct)
    {
        await output.WriteAsync(_buffer.WrittenMemory, ct);
        _buffer.ResetWrittenCount();
        await output.FlushAsync(ct);
    }

    /// <param name="footer">A last line for people.</param>
    public async ValueTask EndAsync(string? footer, CancellationToken ct)
    {
        if (!Any)
        {
            Begin();
        }

        End(footer);
        await FlushAsync(ct);
    }

    protected virtual void Begin()
    {
    }

    protected abstract void Write(Row row, bool first);

    protected virtual void End(string? footer)
    {
    }

    protected void Text(string text) => Encoding.UTF8.GetBytes(text, _buffer);

    /// <summary>A value as one line that a terminal can be given.</summary>
    public static string PlainText(object? value) => Harmless(Plain(value));

    /// <summary>A value as one line of text.</summary>
    protected static string Plain(object? value) => value switch
    {
        null => "",
        string text => text,
        bool truth => truth ? "true" : "false",
        DateTimeOffset time => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        IEnumerable<string> texts => string.Join(',', texts),
        _ => value.ToString() ?? "",
    };

    /// <summary>What a terminal would take for a command is shown as what it is.</summary>
    protected static string Harmless(string text) => text.AsSpan().IndexOfAnyInRange('\0', '\x1f') < 0 && !text.Contains('\x7f')
        ? text
        : string.Concat(text.Select(c => c < ' ' || c == '\x7f' ? $"\\x{(int)c:x2}" : c.ToString()));

    sealed class TextRows(Stream output, IReadOnlyList<Column> columns) : RowWriter(output)
    {
        protected override void Begin()
        {
            if (columns.Any(column => column.Title.Length > 0))
            {
                Line(columns.Select(column => column.Title));
            }
        }

        protected override void Write(Row row, bool first) =>
            Line(columns.Select(column => Harmless(ForPeople(row.Find(pair => pair.Key == column.Name).Value))));

        protected override void End(string? footer)
        {
            if (footer is not null)
            {
                Text(footer + "\n");
            }
        }

        void Line(IEnumerable<string> cells)
        {
            var line = new StringBuilder();
            foreach (var (cell, column) in cells.Zip(columns))
            {
                line.Append(line.Length > 0 ? "  " : "");
                line.Append(column.Width < 0 ? cell.PadRight(-column.Width) : cell.PadLeft(column.Width));
            }

            Text(line.ToString().TrimEnd() + "\n");
        }

        static string ForPeople(object? value) => value is DateTimeOffset time ? Quantities.Time(time) : Plain(value);
    }

    sealed class RawRows(Stream output, IReadOnlyList<Column> columns) : RowWriter(output)
    {
        // A tab or a line break within a value would make two of it.
        protected override void Write(Row row, bool first) =>
            Text(string.Join('\t', columns.Select(column => Harmless(Plain(row.Find(pair => pair.Key == column.Name).Value)))) + "\n");
    }

    sealed class JsonRows(Stream output) : RowWriter(output)
    {
        protected override void Begin() => Text("[");

        protected override void Write(Row row, bool first)
        {
            Text(first ? "\n" : ",\n");
            using var json = Documents.Json(Buffer, indented: false);
            Documents.Write(json, row);
        }

        protected override void End(string? footer) => Text(Any ? "\n]\n" : "]\n");
    }

    sealed class YamlRows(Stream output) : RowWriter(output)
    {
        protected override void Write(Row row, bool first) => Text(Documents.Yaml(row, "- ", "  "));

        protected override void End(string? footer)
        {
            if (!Any)
            {
                Text("[]\n");
            }
        }
    }
}

enum OutputFormat
{
    Text,
    Json,
    Yaml,
    Raw,
}

/// <summary>Rows as JSON and YAML.</summary>
static class Documents
{
    public static Utf8JsonWriter Json(IBufferWriter<byte> output, bool indented) =>
        new(output, new() { Indented = indented, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public static byte[] ToJson(Row row, bool indented)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = Json(buffer, indented))
        {
            Write(json, row);
        }

        return buffer.WrittenSpan.ToArray();
    }

    public static void Write(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case Row row:
                json.WriteStartObject();
                foreach (var (name, item) in row.Where(pair => pair.Value is not null))
                {
                    json.WritePropertyName(name);
                    Write(json, item);
                }

                json.WriteEndObject();
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case bool truth:
                json.WriteBooleanValue(truth);
                break;
            case int number:
                json.WriteNumberValue(number);
                break;
            case long number:
                json.WriteNumberValue(number);
                break;
            case ulong number:
                // Larger than what a double holds: a program that reads numbers as doubles would change it.
                json.WriteStringValue(number.ToString(CultureInfo.InvariantCulture));
                break;
            case double number:
                json.WriteNumberValue(number);
                break;
            case DateTimeOffset time:
                json.WriteStringValue(time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
                break;
            case System.Collections.IEnumerable items:
                json.WriteStartArray();
                foreach (var item in items)
                {
                    Write(json, item);
                }

                json.WriteEndArray();
                break;
            default:
                throw new InvalidOperationException($"A row cannot hold a {value.GetType()}.");
        }
    }

    /// <summary>A row as YAML: the first line behind one indent, the others behind the other.</summary>
    public static string Yaml(Row row, string first, string next)
    {
        var text = new StringBuilder();
        var indent = first;
        foreach (var (name, value) in row.Where(pair => pair.Value is not null))
        {
            text.Append(indent).Append(Scalar(name)).Append(':');
            indent = next;
            switch (value)
            {
                case Row { Count: > 0 } inner:
                    text.Append('\n').Append(Yaml(inner, next + "  ", next + "  "));
                    break;
                case Row:
                    text.Append(" {}\n");
                    break;
                case System.Collections.IEnumerable items and not string:
                    AppendItems(text, items, next);
                    break;
                default:
                    text.Append(' ').Append(Scalar(value)).Append('\n');
                    break;
            }
        }

        return text.Length == 0 ? first + "{}\n" : text.ToString();
    }

    static void AppendItems(StringBuilder text, System.Collections.IEnumerable items, string indent)
    {
        var any = false;
        foreach (var item in items)
        {
            text.Append(any ? "" : "\n");
            any = true;
            text.Append(item is Row row ? Yaml(row, indent + "- ", indent + "  ") : $"{indent}- {Scalar(item)}\n");
        }

        text.Append(any ? "" : " []\n");
    }

    // Text always stands in double quotes with JSON's escapes, which every YAML reader takes: no word of it can become a number or a truth.
    static string Scalar(object? value)
    {
        if (value is string name && name.Length > 0 && name.All(char.IsAsciiLetter) && name.ToUpperInvariant() is not ("TRUE" or "FALSE" or "NULL" or "YES" or "NO" or "ON" or "OFF" or "Y" or "N"))
        {
            return name;
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var json = Json(buffer, indented: false))
        {
            Write(json, value);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
