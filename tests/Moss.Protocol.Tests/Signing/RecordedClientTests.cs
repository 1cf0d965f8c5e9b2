using System.Text;
using System.Text.Json;
using Moss.Protocol.Errors;
using Moss.Protocol.Signing;

namespace Moss.Protocol.Tests.Signing;

/// <summary>
/// Requests that official SDKs really sent, recorded byte for byte (see <c>Recordings/record-*</c>). Signer and verifier share
/// their canonicalisation, so only a foreign signer shows a mistake of both.
/// </summary>
public sealed class RecordedClientTests
{
    public static TheoryData<string> Files() => ["ali-oss-6.23.0.json", "go-1.5.0.json"];

    [Theory]
    [MemberData(nameof(Files))]
    public void What_an_official_client_sent_is_accepted(string file)
    {
        List<string> refused = [];
        var count = 0;
        foreach (var (name, key, time, request) in Read(file))
        {
            count++;
            try
            {
                var result = request.Authenticate(time);
                Assert.Equal("ak", result.AccessKeyId);
                Assert.Equal(name.Contains("+token", StringComparison.Ordinal) ? "to+ken/=" : null, result.SecurityToken);
                Assert.Empty(result.Uncovered);
                Assert.Equal(key, result.UsesAlternativeKey ? request.AlternativeKey : request.Key);

                // This SDK puts the upload id into the URL as it is.
                Assert.Equal(request.QueryValue("uploadId") == "U /=" && file.StartsWith("go", StringComparison.Ordinal), result.PlusIsLiteral);
            }
            catch (OssException error)
            {
                refused.Add($"{name}: {error.Message} {string.Join("; ", error.Details)}");
            }
        }

        Assert.True(count > 100, "the recording is there and whole");
        Assert.Empty(refused);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void With_another_secret_it_is_not(string file)
    {
        foreach (var (_, _, time, request) in Read(file))
        {
            Assert.Equal("SignatureDoesNotMatch", request.Refused(time, new AccessKeySecret("other")).Code);
        }
    }

    static IEnumerable<(string Name, string? Key, DateTimeOffset Time, SignableRequest Request)> Read(string file)
    {
        var path = Path.Combine(AppContext.BaseDirectory, "Signing", "Recordings", file);
        using var document = JsonDocument.Parse(File.ReadAllText(path, Encoding.UTF8));
        foreach (var record in document.RootElement.EnumerateArray())
        {
            var target = record.GetProperty("target").GetString()!;
            var question = target.IndexOf('?', StringComparison.Ordinal);
            var hasKey = record.TryGetProperty("key", out var key) && key.ValueKind == JsonValueKind.String;
            yield return (
                record.GetProperty("name").GetString()!,
                hasKey ? key.GetString() : null,
                DateTimeOffset.FromUnixTimeSeconds(record.GetProperty("time").GetInt64()),
                new SignableRequest(
                    record.GetProperty("method").GetString()!,
                    record.GetProperty("bucket").GetString(),
                    hasKey ? Key(target, literalPlus: true) : null,
                    QueryParameter.Parse(question < 0 ? "" : target[question..]),
                    [.. record.GetProperty("headers").EnumerateArray().Select(header => Header(header, file))])
                {
                    AlternativeKey = hasKey && target.Split('?')[0].Contains('+', StringComparison.Ordinal) ? Key(target, literalPlus: false) : null,
                });
        }
    }

    // What a server does: the key is the decoded rest of the path.
    static string Key(string target, bool literalPlus)
    {
        const string pathStyle = "/examplebucket/";
        var path = target.Split('?')[0];
        path = path.StartsWith(pathStyle, StringComparison.Ordinal) ? path[pathStyle.Length..] : path[1..];
        return PercentEncoding.DecodeQuery(path, literalPlus);
    }

    // Node decodes the wire as Latin-1; Go keeps bytes, which its JSON writes as UTF-8.
    static KeyValuePair<string, string> Header(JsonElement header, string file)
    {
        var value = header[1].GetString()!;
        return KeyValuePair.Create(
            header[0].GetString()!, file.StartsWith("go", StringComparison.Ordinal) ? Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(value)) : value);
    }
}
