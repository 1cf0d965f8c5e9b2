using System.Collections.Frozen;

namespace Moss.Cli.Frame;

/// <summary>What ossutil has and <c>moss</c> has not, and what does it instead: said to whoever asks for it, and listed in <c>docs/cli.md</c>.</summary>
static class Unserved
{
    public static readonly FrozenDictionary<string, string> Options = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["--cloudbox-id"] = "there are no cloud boxes here",
        ["--disable-all-symlink"] = "links to files are followed, links to directories are not",
        ["--disable-crc64"] = "what arrives is always verified",
        ["--disable-dir-object"] = "no objects are made for directories; 'moss mkdir' makes one",
        ["--disable-ignore-error"] = "what fails does not stop the others; exit code 4 and the report tell of it",
        ["--enable-symlink-dir"] = "links to files are followed, links to directories are not",
        ["--language"] = "messages are in English",
        ["--list-format"] = "--files-from takes a list of names, one a line",
        ["--list-manifest-from"] = "--files-from takes a list of names, one a line",
        ["--list-objects"] = "listings are those of ListObjectsV2",
        ["--log-file"] = "messages go to stderr, which a shell writes to a file",
        ["--loglevel"] = "--verbose says more about what goes wrong",
        ["--no-check-status"] = "the service is asked to restore what the listing says is archived",
        ["--object-file"] = "--files-from-raw takes a list of names",
        ["--output-properties"] = "--output-format json is for programs such as jq",
        ["--output-query"] = "--output-format json is for programs such as jq",
        ["--partition-download"] = "--start-after and --end-with divide a listing, --files-from takes a part of a list",
        ["--snapshot-path"] = "sync compares with what is at the destination, page by page",
        ["--upload-id-marker"] = "a listing goes on by itself to its end",
        ["--version-id-marker"] = "a listing goes on by itself to its end",
        ["--write-buffer-size"] = "the operating system holds back writes",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static readonly FrozenDictionary<string, string> Verbs = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["access-monitor"] = Api("bucket-access-monitor", "put", "get"),
        ["bucket-cname"] = "'moss api put-cname', 'list-cname', 'delete-cname'",
        ["bucket-encryption"] = Api("bucket-encryption", "put", "get", "delete"),
        ["bucket-policy"] = Api("bucket-policy", "put", "get", "delete"),
        ["bucket-tagging"] = Api("bucket-tags", "put", "get", "delete"),
        ["bucket-versioning"] = Api("bucket-versioning", "put", "get"),
        ["bucket-qos"] = "not served",
        ["cors"] = Api("bucket-cors", "put", "get", "delete"),
        ["cors-options"] = "'moss api option-object'",
        ["filter"] = "'moss help cp', and docs/cli.md on filters",
        ["getallpartsize"] = "'moss uploads ls oss://bucket --parts'",
        ["inventory"] = Api("bucket-inventory", "put", "get", "delete"),
        ["lcb"] = "not served: there are no cloud boxes here",
        ["lifecycle"] = Api("bucket-lifecycle", "put", "get", "delete"),
        ["logging"] = Api("bucket-logging", "put", "get", "delete"),
        ["lrb"] = "'moss ls'",
        ["referer"] = Api("bucket-referer", "put", "get"),
        ["replication"] = Api("bucket-replication", "put", "get", "delete"),
        ["request-payment"] = Api("bucket-request-payment", "put", "get"),
        ["resource-group"] = Api("bucket-resource-group", "put", "get"),
        ["style"] = Api("style", "put", "get", "delete"),
        ["update"] = "not served: a new version is a new file",
        ["user-qos"] = "not served",
        ["website"] = Api("bucket-website", "put", "get", "delete"),
        ["worm"] = "'moss api initiate-bucket-worm', 'complete-bucket-worm', 'extend-bucket-worm', 'get-bucket-worm', 'abort-bucket-worm'",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    static string Api(string what, params ReadOnlySpan<string> verbs)
    {
        var calls = new List<string>();
        foreach (var verb in verbs)
        {
            calls.Add(calls.Count == 0 ? $"'moss api {verb}-{what}'" : $"'{verb}-{what}'");
        }

        return string.Join(", ", calls);
    }
}
