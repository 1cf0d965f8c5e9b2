namespace Moss.Cli.Output;

/// <summary>One record of a result: names and values in their order. A null value is left out of JSON and YAML.</summary>
sealed class Row : List<KeyValuePair<string, object?>>
{
    /// <summary>A value is a string, a bool, a number, a time, another row, or a list of rows or strings.</summary>
    public void Add(string name, object? value) => Add(new(name, value));
}

/// <summary>A column of a listing as people see it.</summary>
/// <param name="Name">The name in the row.</param>
/// <param name="Title">The heading.</param>
/// <param name="Width">At least so many characters; negative aligns to the left, 0 takes what it needs (the last column).</param>
sealed record Column(string Name, string Title, int Width);
