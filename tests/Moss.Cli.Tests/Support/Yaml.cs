using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Moss.Cli.Tests.Support;

/// <summary>Reads YAML as somebody else's parser does.</summary>
static class Yaml
{
    /// <summary>Fails unless the text is YAML and says what the JSON says: same names in the same order, same values, text still text.</summary>
    public static void IsTheSame(JsonElement json, string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        Compare(json, Assert.Single(stream.Documents).RootNode, "$");
    }

    static void Compare(JsonElement json, YamlNode yaml, string path)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                var mapping = Assert.IsType<YamlMappingNode>(yaml, exactMatch: true);
                Assert.Equal(json.EnumerateObject().Select(static member => member.Name), mapping.Children.Keys.Select(static key => ((YamlScalarNode)key).Value));
                foreach (var member in json.EnumerateObject())
                {
                    Compare(member.Value, mapping.Children[new YamlScalarNode(member.Name)], $"{path}.{member.Name}");
                }

                break;
            case JsonValueKind.Array:
                var sequence = Assert.IsType<YamlSequenceNode>(yaml, exactMatch: true);
                Assert.Equal(json.GetArrayLength(), sequence.Children.Count);
                foreach (var (item, node) in json.EnumerateArray().Zip(sequence.Children))
                {
                    Compare(item, node, path + "[]");
                }

                break;
            default:
                var scalar = Assert.IsType<YamlScalarNode>(yaml, exactMatch: true);
                var isText = json.ValueKind == JsonValueKind.String;
                Assert.True(isText || scalar.Style == ScalarStyle.Plain, $"{path} is text in YAML");
                Assert.True(!isText || scalar.Style != ScalarStyle.Plain || scalar.Value!.All(char.IsAsciiLetter), $"{path} may be no text in YAML: {scalar.Value}");
                Assert.Equal(isText ? json.GetString() : json.GetRawText(), scalar.Value);
                break;
        }
    }
}
