namespace Moss.Protocol.Signing;

/// <summary>Writes the header part of a text to sign: <c>name:value</c> lines, names in lower case and sorted.</summary>
static class CanonicalHeaders
{
    /// <summary>Writes a line for every header that begins with <c>x-oss-</c>, is in <paramref name="mandatory"/> or in <paramref name="additional"/>.</summary>
    public static void Append(
        CanonicalBuffer target,
        SignableRequest request,
        ReadOnlySpan<string> mandatory,
        IReadOnlyList<string> additional,
        CanonicalForm form)
    {
        var lines = new List<Line>();
        for (var i = 0; i < request.Headers.Count; i++)
        {
            var (name, value) = request.Headers[i];
            if (IsCovered(name, mandatory, additional) && !(form.SkipEmptyHeaders && Trim(value).IsEmpty))
            {
                lines.Add(new Line(name.ToLowerInvariant(), value, i));
            }
        }

        lines.Sort(static (a, b) =>
        {
            var order = string.CompareOrdinal(a.Name, b.Name);
            return order != 0 ? order : a.Index - b.Index;
        });
        for (var i = 0; i < lines.Count; i++)
        {
            var isRepeated = i > 0 && string.Equals(lines[i].Name, lines[i - 1].Name, StringComparison.Ordinal);
            if (isRepeated)
            {
                target.Byte((byte)',');
            }
            else
            {
                EndLine(target, i > 0);
                target.Utf8(lines[i].Name);
                target.Byte((byte)':');
            }

            target.Latin1(Trim(lines[i].Value));
        }

        EndLine(target, lines.Count > 0);
    }

    /// <summary>Whether a header is signed by V2 and V4 without being named.</summary>
    public static bool IsOss(string name) =>
        name.StartsWith(SignedSubResources.OssPrefix, StringComparison.OrdinalIgnoreCase);

    public static ReadOnlySpan<char> Trim(string value) => value.AsSpan().Trim(" \t");

    static bool IsCovered(string name, ReadOnlySpan<string> mandatory, IReadOnlyList<string> additional)
    {
        if (IsOss(name))
        {
            return true;
        }

        foreach (var covered in mandatory)
        {
            if (string.Equals(covered, name, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        for (var i = 0; i < additional.Count; i++)
        {
            if (string.Equals(additional[i], name, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    static void EndLine(CanonicalBuffer target, bool isOpen)
    {
        if (isOpen)
        {
            target.Byte((byte)'\n');
        }
    }

    readonly record struct Line(string Name, string Value, int Index);
}
