namespace Moss.Protocol.Signing;

/// <summary>Which parameters of the query are signed.</summary>
enum QuerySelection
{
    /// <summary>V1: the sub-resources, decoded.</summary>
    SubResources,

    /// <summary>V2 and V4: everything but the signature itself, encoded.</summary>
    AllButSignature,
}

/// <summary>Writes the query part of a text to sign: selected, spelled and sorted.</summary>
static class CanonicalQuery
{
    /// <summary>Writes the pairs, joined by <c>&amp;</c>, with <paramref name="lead"/> before the first. Returns whether there was one.</summary>
    public static bool Append(
        CanonicalBuffer target, IReadOnlyList<QueryParameter> query, QuerySelection selection, CanonicalForm form, ReadOnlySpan<byte> lead)
    {
        if (query.Count == 0)
        {
            return false;
        }

        using var scratch = new CanonicalBuffer();
        var pieces = new List<Piece>(query.Count);
        for (var i = 0; i < query.Count; i++)
        {
            if (IsSelected(query[i].Name, selection, form))
            {
                pieces.Add(Write(scratch, query[i], selection, form, i));
            }
        }

        Sort(pieces, query, scratch, form);
        for (var i = 0; i < pieces.Count; i++)
        {
            target.Bytes(i == 0 ? lead : "&"u8);
            target.Bytes(scratch.Written.Slice(pieces[i].Start, pieces[i].Length));
        }

        return pieces.Count > 0;
    }

    static bool IsSelected(string name, QuerySelection selection, CanonicalForm form) => selection switch
    {
        QuerySelection.AllButSignature => !string.Equals(name, "x-oss-signature", StringComparison.Ordinal),
        _ => SignedSubResources.Contains(name)
            || (!form.SkipUnknownParameters && name.StartsWith(SignedSubResources.OssPrefix, StringComparison.Ordinal)),
    };

    static Piece Write(CanonicalBuffer scratch, in QueryParameter parameter, QuerySelection selection, CanonicalForm form, int index)
    {
        var start = scratch.Length;
        WriteText(scratch, parameter.RawName, selection, form);
        var nameLength = scratch.Length - start;
        if (parameter.RawValue.Length > 0 || WritesEquals(parameter, form))
        {
            scratch.Byte((byte)'=');
            WriteText(scratch, parameter.RawValue, selection, form);
        }

        return new Piece(start, nameLength, scratch.Length - start, index);
    }

    static bool WritesEquals(in QueryParameter parameter, CanonicalForm form) => form.Empty switch
    {
        EmptyValues.Equals => true,
        EmptyValues.AsSent => parameter.HasEquals,
        EmptyValues.BareSubResources => !SignedSubResources.Contains(parameter.Name),
        _ => false,
    };

    static void WriteText(CanonicalBuffer scratch, string raw, QuerySelection selection, CanonicalForm form)
    {
        var literalPlus = form.Text == QueryText.LiteralPlus;
        if (form.Text == QueryText.AsSent)
        {
            scratch.Utf8(raw);
        }
        else if (selection == QuerySelection.AllButSignature)
        {
            scratch.Recoded(raw, literalPlus);
        }
        else
        {
            scratch.Decoded(raw, literalPlus);
        }
    }

    // By name alone: repeated parameters keep their order, because the first one counts and must stay the first one.
    static void Sort(List<Piece> pieces, IReadOnlyList<QueryParameter> query, CanonicalBuffer scratch, CanonicalForm form)
    {
        if (pieces.Count < 2)
        {
            return;
        }

        pieces.Sort((a, b) =>
        {
            var order = form.LocaleOrder
                ? LocaleQuery.Order.Compare(query[a.Index].Name, query[b.Index].Name)
                : scratch.Written.Slice(a.Start, a.NameLength).SequenceCompareTo(scratch.Written.Slice(b.Start, b.NameLength));
            return order != 0 ? order : a.Index - b.Index;
        });
    }

    readonly record struct Piece(int Start, int NameLength, int Length, int Index);
}
