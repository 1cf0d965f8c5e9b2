namespace Moss.Cli.Frame;

/// <summary>Asks before what cannot be undone.</summary>
static class Confirmation
{
    /// <summary>True when the word was typed. Where nobody can be asked, <c>-f</c> must have been given.</summary>
    /// <exception cref="UsageException">There is nobody to ask.</exception>
    public static bool Ask(string question, string word)
    {
        if (Console.IsInputRedirected || Console.IsErrorRedirected)
        {
            throw new UsageException($"{question}: add -f to do it without being asked");
        }

        Console.Error.Write($"moss: {question}. Type '{word}' to go on: ");
        return Console.In.ReadLine()?.Trim() == word;
    }
}
