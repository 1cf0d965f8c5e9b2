namespace Moss.Server.AccessControl.Policies;

/// <summary>
/// A pattern of a policy: <c>*</c> is any text (of any length, slashes included), <c>?</c> any one character. Matching takes a few steps a character and no
/// memory; pattern and text that are made for each other to take their product are matched by an automaton, in a sixty-fourth of it.
/// </summary>
readonly record struct WildcardPattern
{
    /// <summary>Steps a character of both that trying may take; what is not made to take more takes one or two.</summary>
    const int Patience = 4;

    readonly bool _isLiteral;

    public WildcardPattern(string text, bool ignoreCase = false)
    {
        Text = text;
        IgnoreCase = ignoreCase;
        _isLiteral = text.AsSpan().IndexOfAny('*', '?') < 0;
    }

    /// <summary>The pattern as it was written.</summary>
    public string Text { get; }

    public bool IgnoreCase { get; }

    public bool Matches(ReadOnlySpan<char> text)
    {
        if (_isLiteral)
        {
            return text.Equals(Text, IgnoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);
        }

        return TryMatch(text, Patience * (text.Length + Text.Length)) ?? new WildcardAutomaton(this).Matches(text);
    }

    /// <summary>The same answer, in as many steps as the two lengths' product at worst.</summary>
    internal bool MatchesByTrying(ReadOnlySpan<char> text) => TryMatch(text, long.MaxValue)!.Value;

    bool? TryMatch(ReadOnlySpan<char> text, long steps)
    {
        // Greedy with one way back: to the last star, which takes one character more. An earlier star never has to, because
        // whatever it could leave to the later one, the later one can take itself.
        var pattern = Text.AsSpan();
        var (p, t) = (0, 0);
        var (star, resume) = (-1, 0);
        while (t < text.Length)
        {
            if (steps-- == 0)
            {
                return null;
            }

            if (p < pattern.Length && pattern[p] == '*')
            {
                (star, resume) = (p++, t);
            }
            else if (p < pattern.Length && pattern[p] == '?')
            {
                p++;
                t += char.IsHighSurrogate(text[t]) && t + 1 < text.Length && char.IsLowSurrogate(text[t + 1]) ? 2 : 1;
            }
            else if (p < pattern.Length && AreSame(pattern[p], text[t]))
            {
                p++;
                t++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                t = ++resume;
            }
            else
            {
                return false;
            }
        }

        return pattern[p..].TrimStart('*').IsEmpty;
    }

    /// <summary>Whether it matches any text that begins so and goes on.</summary>
    public bool MatchesSomeLongerThan(ReadOnlySpan<char> lead)
    {
        // Every place in the pattern where matching can stand after so much of the lead.
        var places = new bool[Text.Length + 1];
        places[0] = true;
        foreach (var c in lead)
        {
            var next = new bool[places.Length];
            for (var p = 0; p < Text.Length; p++)
            {
                if (places[p] && Text[p] == '*')
                {
                    (places[p + 1], next[p]) = (true, true);
                }
                else if (places[p] && (Text[p] == '?' || AreSame(Text[p], c)))
                {
                    next[p + 1] = true;
                }
            }

            places = next;
        }

        // Whatever is left of the pattern, some text matches it.
        return places.AsSpan(0, Text.Length).Contains(true);
    }

    public override string ToString() => Text;

    bool AreSame(char a, char b) =>
        a == b || (IgnoreCase && char.ToUpperInvariant(a) == char.ToUpperInvariant(b));
}
