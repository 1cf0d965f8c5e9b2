using System.Text;
using Moss.Cli.Frame;
using Moss.Cli.Transfers;

namespace Moss.Cli.Progress;

/// <summary>A bar for each file in flight and one for the whole, drawn over themselves ten times a second.</summary>
sealed class TerminalProgress(TransferBoard board) : ProgressView(board, TimeSpan.FromMilliseconds(100))
{
    const int BarWidth = 24;
    const string Clear = "\e[K", Green = "\e[32m", Dim = "\e[2m", Plain = "\e[0m";

    readonly bool _colour = Terminal.HasColour;
    readonly bool _unicode = Terminal.HasUnicode;
    int _drawn;

    protected override void OnTick(BoardState state) => Draw(state, last: false);

    protected override void OnFailed(ActiveTransfer transfer, Exception problem)
    {
        Erase();
        base.OnFailed(transfer, problem);
    }

    protected override void OnDump(BoardState state)
    {
        Erase();
        base.OnDump(state);
    }

    protected override void OnEnd(BoardState state) => Draw(state, last: true);

    void Draw(BoardState state, bool last)
    {
        var width = Terminal.Width - 1;
        var lines = new List<string>();
        if (!last)
        {
            // The screen never scrolls because of them: the cursor could not find back to the first line.
            lines.AddRange(state.Active.Take(Terminal.Height - 3).Select(transfer => Fit(FileLine(transfer), width)));
        }

        if (state.FoundItems != 1 || last)
        {
            lines.Add(Fit(TotalLine(state), width));
        }

        var text = new StringBuilder();
        if (_drawn > 0)
        {
            text.Append($"\r\e[{_drawn}A");
        }

        foreach (var line in lines)
        {
            text.Append(Coloured(line)).Append(Clear).Append('\n');
        }

        // Lines of an earlier, taller picture go.
        text.Append("\e[J");
        _drawn = last ? 0 : lines.Count;
        Console.Error.Write(text.ToString());
    }

    void Erase()
    {
        if (_drawn > 0)
        {
            Console.Error.Write($"\r\e[{_drawn}A\e[J");
            _drawn = 0;
        }
    }

    string FileLine(ActiveTransfer transfer)
    {
        var progress = transfer.Progress;
        var name = Name(transfer.Item);
        var what = progress.Phase is "sending" or "receiving" or "copying" or "ended" ? "" : "  " + progress.Phase;
        var left = progress.TotalBytes is { } whole && progress.BytesPerSecond > 1 && whole >= progress.TransferredBytes
            ? $"  {Quantities.Clock(TimeSpan.FromSeconds(Math.Min((whole - progress.TransferredBytes) / progress.BytesPerSecond, 99 * 86400)))} left"
            : "";
        return $"{name,-28} {Bar(progress.TransferredBytes, progress.TotalBytes)}  {Quantities.Size(progress.TransferredBytes),8}"
            + (progress.TotalBytes is { } total ? $"/{Quantities.Size(total)}" : "")
            + $"  {Quantities.Speed(progress.BytesPerSecond)}{left}{Retries(progress.Retries)}{what}";
    }

    string TotalLine(BoardState state)
    {
        var name = state.FoundItems == 1 && state.IsScanned ? "total" : $"total {state.FinishedItems} of {state.FoundItems}{(state.IsScanned ? "" : "+")}";
        // Changes that move no bytes are counted.
        var (done, whole) = state is { FoundBytes: 0, CoveredBytes: 0, FinishedItems: > 0 }
            ? (state.FinishedItems, state.IsScanned ? state.FoundItems : (long?)null)
            : (state.CoveredBytes, state.IsTotalKnown ? state.FoundBytes : null);
        return $"{name,-28} {Bar(done, whole)}  {Quantities.Size(state.CoveredBytes),8}/{Quantities.Size(state.FoundBytes)}"
            + $"  {Quantities.Speed(state.Active.Count > 0 ? state.BytesPerSecond : state.NetworkBytes / Math.Max(0.001, state.Elapsed.TotalSeconds))}"
            + (state.Active.Count == 0 ? $"  {Quantities.Clock(state.Elapsed)}" : state.Left is { } left ? $"  {Quantities.Clock(left)} left" : "")
            + Retries(state.Retries)
            + (state.FailedItems > 0 ? $"  {state.FailedItems} failed" : "");
    }

    string Bar(long done, long? total)
    {
        var (full, empty) = _unicode ? ('━', '─') : ('#', '-');
        if (total is not { } whole)
        {
            return new string(empty, BarWidth) + "    ";
        }

        var share = whole == 0 ? 1 : Math.Clamp((double)done / whole, 0, 1);
        var filled = (int)(share * BarWidth);
        return new string(full, filled) + new string(empty, BarWidth - filled) + $" {(int)(share * 100),3}%";
    }

    string Coloured(string line)
    {
        if (!_colour || !_unicode)
        {
            return line;
        }

        var start = line.IndexOfAny(['━', '─']);
        if (start < 0)
        {
            return line;
        }

        var middle = line.IndexOf('─', start) is var at and >= 0 ? at : start + BarWidth;
        var end = Math.Min(start + BarWidth, line.Length);
        middle = Math.Min(middle, end);
        return $"{line[..start]}{Green}{line[start..middle]}{Plain}{Dim}{line[middle..end]}{Plain}{line[end..]}";
    }

    static string Retries(int count) => count switch
    {
        0 => "",
        1 => "  1 retry",
        _ => $"  {count} retries",
    };

    static string Name(TransferItem item)
    {
        var source = item.Source.TrimEnd('/');
        var name = source == "-" ? item.Destination[(item.Destination.LastIndexOf('/') + 1)..] : source[(source.LastIndexOf('/') + 1)..];
        name = string.Concat(name.Select(static c => char.IsControl(c) ? '?' : c));
        return name.Length <= 28 ? name : name[..12] + "..." + name[^13..];
    }

    static string Fit(string line, int width) => line.Length <= width ? line : line[..width];
}
