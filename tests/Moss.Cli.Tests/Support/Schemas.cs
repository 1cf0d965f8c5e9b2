using System.Text.Json;
using System.Text.RegularExpressions;

namespace Moss.Cli.Tests.Support;

/// <summary>
/// The schemas of <c>docs/cli-schemas</c>, and as much of JSON Schema 2020-12 as they use. A keyword that is not known here fails, so that no
/// schema says less than it seems to.
/// </summary>
static class Schemas
{
    static readonly string[] Annotations = ["$schema", "$id", "$defs", "title", "description"];

    /// <summary>What a run wrote to stdout, as a document that keeps the schema.</summary>
    public static JsonElement Check(string name, Outcome outcome)
    {
        try
        {
            var document = JsonDocument.Parse(outcome.Bytes).RootElement;
            var problems = Problems(name, document);
            Assert.True(problems.Count == 0, $"{outcome.CommandLine}\nbreaks {name}.schema.json:\n{string.Join('\n', problems)}\n{document}");
            return document;
        }
        catch (JsonException problem)
        {
            throw new InvalidOperationException($"{outcome.CommandLine}\nwrote no JSON: {problem.Message}\n{outcome.Output}\n--- stderr\n{outcome.Error}", problem);
        }
    }

    public static List<string> Problems(string name, JsonElement document)
    {
        var schema = JsonDocument.Parse(File.ReadAllBytes(PathOf(name))).RootElement;
        var problems = new List<string>();
        new Checker(schema, problems).Check(schema, document, "$");
        return problems;
    }

    static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "schemas", name + ".schema.json");

    sealed class Checker(JsonElement root, List<string> problems)
    {
        public void Check(JsonElement schema, JsonElement value, string path)
        {
            foreach (var keyword in schema.EnumerateObject())
            {
                Apply(schema, keyword.Name, keyword.Value, value, path);
            }
        }

        void Apply(JsonElement schema, string keyword, JsonElement wanted, JsonElement value, string path)
        {
            switch (keyword)
            {
                case "$ref":
                    Check(Resolve(wanted.GetString()!), value, path);
                    break;
                case "type":
                    Require(wanted.ValueKind == JsonValueKind.Array ? wanted.EnumerateArray().Any(type => IsOf(type, value)) : IsOf(wanted, value), path, $"is {value.ValueKind}, not {wanted}");
                    break;
                case "const":
                    Require(JsonElement.DeepEquals(wanted, value), path, $"is not {wanted}");
                    break;
                case "enum":
                    Require(wanted.EnumerateArray().Any(one => JsonElement.DeepEquals(one, value)), path, $"'{value}' is none of {wanted}");
                    break;
                case "pattern":
                    Require(value.ValueKind != JsonValueKind.String || Regex.IsMatch(value.GetString()!, wanted.GetString()!, RegexOptions.None, TimeSpan.FromSeconds(5)), path, $"'{value}' does not match {wanted}");
                    break;
                case "minimum":
                    Require(value.ValueKind != JsonValueKind.Number || value.GetDouble() >= wanted.GetDouble(), path, $"{value} is less than {wanted}");
                    break;
                case "required":
                    foreach (var name in value.ValueKind == JsonValueKind.Object ? wanted.EnumerateArray() : [])
                    {
                        Require(value.TryGetProperty(name.GetString()!, out _), path, $"lacks '{name}'");
                    }

                    break;
                case "properties" or "additionalProperties":
                    Members(schema, keyword, value, path);
                    break;
                case "items":
                    foreach (var (item, index) in (value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : []).Select(static (item, index) => (item, index)))
                    {
                        Check(wanted, item, $"{path}[{index}]");
                    }

                    break;
                case "oneOf":
                    Require(wanted.EnumerateArray().Count(one => Fits(one, value)) == 1, path, $"fits not exactly one of the {wanted.GetArrayLength()} kinds: {value}");
                    break;
                default:
                    Require(Annotations.Contains(keyword), path, $"the keyword '{keyword}' of the schema is not known");
                    break;
            }
        }

        void Members(JsonElement schema, string keyword, JsonElement value, string path)
        {
            var known = schema.TryGetProperty("properties", out var properties) ? properties : default;
            foreach (var member in value.ValueKind == JsonValueKind.Object ? value.EnumerateObject() : default)
            {
                var isKnown = known.ValueKind == JsonValueKind.Object && known.TryGetProperty(member.Name, out _);
                if (keyword == "properties" && isKnown)
                {
                    Check(known.GetProperty(member.Name), member.Value, $"{path}.{member.Name}");
                }
                else if (keyword == "additionalProperties" && !isKnown)
                {
                    var more = schema.GetProperty(keyword);
                    Require(more.ValueKind != JsonValueKind.False, path, $"has a member '{member.Name}' that the schema does not know");
                    if (more.ValueKind == JsonValueKind.Object)
                    {
                        Check(more, member.Value, $"{path}.{member.Name}");
                    }
                }
            }
        }

        bool Fits(JsonElement schema, JsonElement value)
        {
            var own = new List<string>();
            new Checker(root, own).Check(schema, value, "");
            return own.Count == 0;
        }

        JsonElement Resolve(string reference) => root.GetProperty("$defs").GetProperty(reference["#/$defs/".Length..]);

        static bool IsOf(JsonElement type, JsonElement value) => type.GetString() switch
        {
            "object" => value.ValueKind == JsonValueKind.Object,
            "array" => value.ValueKind == JsonValueKind.Array,
            "string" => value.ValueKind == JsonValueKind.String,
            "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
            "number" => value.ValueKind == JsonValueKind.Number,
            var other => throw new NotSupportedException($"the type '{other}'"),
        };

        void Require(bool holds, string path, string problem)
        {
            if (!holds)
            {
                problems.Add($"{path} {problem}");
            }
        }
    }
}
