namespace Moss.Cli.Frame;

/// <summary>What somebody who mistyped a word may have meant.</summary>
static class Suggestions
{
    /// <summary><c>; did you mean 'ls'?</c>, or nothing.</summary>
    public static string DidYouMean(string word, IEnumerable<string> known)
    {
        var near = known
            .Select(candidate => (candidate, distance: Distance(word, candidate)))
            .Where(pair => pair.distance <= Math.Max(1, Math.Min(word.Length, pair.candidate.Length) / 3) || pair.candidate.StartsWith(word, StringComparison.Ordinal))
            .OrderBy(pair => pair.distance).ThenBy(pair => pair.candidate, StringComparer.Ordinal)
            .Select(pair => pair.candidate)
            .Take(3)
            .ToArray();
        return near.Length == 0 ? "" : $"; did you mean {string.Join(" or ", near.Select(candidate => $"'{candidate}'"))}?";
    }

    /// <summary>Letters to add, drop, change or swap with their neighbour.</summary>
    public static int Distance(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    rows[i, j] = i + j;
                    continue;
                }

                var same = a[i - 1] == b[j - 1] ? 0 : 1;
                rows[i, j] = Math.Min(Math.Min(rows[i - 1, j] + 1, rows[i, j - 1] + 1), rows[i - 1, j - 1] + same);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
                }
            }
        }

        return rows[a.Length, b.Length];
    }
}
