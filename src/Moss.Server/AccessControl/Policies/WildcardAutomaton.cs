using System.Text;

namespace Moss.Server.AccessControl.Policies;

/// <summary>
/// A wildcard pattern as an automaton whose states are bits, 64 to a word: it reads a text once, character by character, and moves all its states together. For long patterns on long texts, which
/// strangers choose both of.
/// </summary>
sealed class WildcardAutomaton
{
    // State p: the pattern's first p elements are matched. Elements are whole characters, also those that take two chars; stars that follow each other are one.
    readonly Dictionary<int, ulong[]> _moves = [];
    readonly ulong[] _anyMoves;
    readonly ulong[] _stars;
    readonly int _length;
    readonly bool _ignoreCase;

    public WildcardAutomaton(WildcardPattern pattern)
    {
        _ignoreCase = pattern.IgnoreCase;
        var elements = new List<int>(pattern.Text.Length);
        foreach (var rune in pattern.Text.EnumerateRunes())
        {
            if (rune.Value != '*' || elements.Count == 0 || elements[^1] != '*')
            {
                elements.Add(Folded(rune));
            }
        }

        _length = elements.Count;
        (_stars, _anyMoves) = (States(), States());
        for (var at = 0; at < elements.Count; at++)
        {
            if (elements[at] is not ('*' or '?') && !_moves.ContainsKey(elements[at]))
            {
                _moves.Add(elements[at], States());
            }

            Set(elements[at] switch { '*' => _stars, '?' => _anyMoves, var other => _moves[other] }, at);
        }

        foreach (var moves in _moves.Values)
        {
            for (var word = 0; word < moves.Length; word++)
            {
                moves[word] |= _anyMoves[word];
            }
        }
    }

    public bool Matches(ReadOnlySpan<char> text)
    {
        var states = States();
        states[0] = 1;
        PassStars(states);
        foreach (var rune in text.EnumerateRunes())
        {
            var moves = _moves.GetValueOrDefault(Folded(rune), _anyMoves);
            ulong carry = 0, alive = 0;
            for (var word = 0; word < states.Length; word++)
            {
                var moved = states[word] & moves[word];
                states[word] = (states[word] & _stars[word]) | (moved << 1) | carry;
                carry = moved >> 63;
                alive |= states[word];
            }

            if (alive == 0)
            {
                return false;
            }

            PassStars(states);
        }

        return (states[_length / 64] >> (_length % 64) & 1) != 0;
    }

    // A star may be nothing.
    void PassStars(ulong[] states)
    {
        ulong carry = 0;
        for (var word = 0; word < states.Length; word++)
        {
            var before = states[word] & _stars[word];
            states[word] |= (before << 1) | carry;
            carry = before >> 63;
        }
    }

    ulong[] States() => new ulong[(_length / 64) + 1];

    static void Set(ulong[] states, int at) => states[at / 64] |= 1UL << (at % 64);

    int Folded(Rune rune) => _ignoreCase && rune.IsBmp ? char.ToUpperInvariant((char)rune.Value) : rune.Value;
}
