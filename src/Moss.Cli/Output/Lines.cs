using System.Text;
using Moss.Cli.Frame;

namespace Moss.Cli.Output;

/// <summary>A record as lines of name and value.</summary>
static class Lines
{
    public static string OfPairs(Row row, string separator, int width)
    {
        var text = new StringBuilder();
        Append(text, row, "", separator, width);
        return text.ToString();
    }

    static void Append(StringBuilder text, Row row, string path, string separator, int width)
    {
        foreach (var (name, value) in row)
        {
            switch (value)
            {
                case null:
                    break;
                case Row inner:
                    Append(text, inner, path + name + ".", separator, width);
                    break;
                case IEnumerable<Row> rows:
                    var index = 0;
                    foreach (var item in rows)
                    {
                        Append(text, item, $"{path}{name}.{index++}.", separator, width);
                    }

                    break;
                case IEnumerable<string> items:
                    text.Append((path + name).PadRight(width)).Append(separator).AppendJoin(',', items).Append('\n');
                    break;
                case DateTimeOffset time:
                    text.Append((path + name).PadRight(width)).Append(separator).Append(Quantities.Time(time)).Append('\n');
                    break;
                default:
                    text.Append((path + name).PadRight(width)).Append(separator).Append(RowWriter.PlainText(value)).Append('\n');
                    break;
            }
        }
    }
}
