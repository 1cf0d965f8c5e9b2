namespace Moss.Cli.Frame;

/// <summary>
/// <c>~/.ossutilconfig</c> of both generations: <c>[default]</c>, <c>[profile NAME]</c> with <c>source-profile</c> and
/// <c>[buckets NAME]</c>; and of the first, <c>[Credentials]</c>, <c>[Bucket-Endpoint]</c>, <c>[Bucket-Cname]</c>, <c>[AkService]</c> and
/// <c>[Default]</c>, which is read into the default profile.
/// </summary>
sealed class ConfigFile
{
    readonly IReadOnlyList<IniSection> _sections;

    ConfigFile(string path, IReadOnlyList<IniSection> sections)
    {
        Path = path;
        _sections = sections;
    }

    public string Path { get; }

    /// <summary>Where the configuration is when nothing says otherwise.</summary>
    public static string DefaultPath =>
        System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".ossutilconfig");

    /// <summary>Reads the configuration; one that is not there is empty, unless it was asked for by name.</summary>
    public static ConfigFile Load(string? path)
    {
        var chosen = path ?? DefaultPath;
        if (path is not null && !File.Exists(path))
        {
            throw new UsageException($"there is no configuration '{path}'");
        }

        try
        {
            return new(chosen, IniFile.Read(chosen).Sections());
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"cannot read the configuration '{chosen}': {problem.Message}");
        }
        catch (UsageException problem)
        {
            throw new UsageException($"'{chosen}': {problem.Message}");
        }
    }

    public static ConfigFile Parse(string text) => new("", IniFile.Parse(text).Sections());

    /// <summary>The names of the profiles, in their order.</summary>
    public IReadOnlyList<string> Profiles() => [.. _sections.Select(ProfileName).OfType<string>().Distinct(StringComparer.Ordinal)];

    /// <summary>The name of the section of a profile as it is to be written.</summary>
    public static string SectionOf(string profile) => profile == "default" ? "default" : "profile " + profile;

    /// <exception cref="UsageException">There is no such profile, or profiles are each other's source.</exception>
    public Profile Profile(string? name)
    {
        var wanted = name ?? "default";
        if (name is not null && wanted != "default" && !Profiles().Contains(wanted, StringComparer.Ordinal))
        {
            throw new UsageException($"there is no profile '{name}' in '{Path}'{Suggestions.DidYouMean(name, Profiles())}");
        }

        var values = new List<KeyValuePair<string, string>>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var next = (string?)wanted; next is not null;)
        {
            if (!seen.Add(next))
            {
                throw new UsageException($"the profile '{next}' of '{Path}' is its own source");
            }

            var own = _sections.Where(section => ProfileName(section) == next).SelectMany(section => section.Values).ToList();
            // What is found first counts last, so sources go before.
            values.InsertRange(0, own);
            next = IniSection.Find(own, "source-profile");
        }

        return new(wanted, values, this);
    }

    /// <summary>What the configuration says about one bucket, if anything.</summary>
    public BucketSettings? Bucket(Profile profile, string bucket)
    {
        if (profile.Get("buckets") is { } set
            && _sections.LastOrDefault(section => Words(section.Name) is ["buckets", var name] && name == set) is { } own
            && own.Nested.TryGetValue(bucket, out var settings))
        {
            return new(
                IniSection.Find(settings, "endpoint"), IniSection.Find(settings, "region"), IniSection.Find(settings, "addressing-style"));
        }

        if (profile.Name != "default")
        {
            return null;
        }

        var cname = FirstGeneration("Bucket-Cname", bucket);
        return cname is not null ? new(cname, null, "cname")
            : FirstGeneration("Bucket-Endpoint", bucket) is { } endpoint ? new(endpoint, null, null)
            : null;
    }

    string? FirstGeneration(string section, string bucket) =>
        _sections.LastOrDefault(known => string.Equals(known.Name, section, StringComparison.OrdinalIgnoreCase))?.Values
            .LastOrDefault(pair => pair.Key == bucket).Value;

    static string? ProfileName(IniSection section) => Words(section.Name) switch
    {
        [var word] when word.ToUpperInvariant() is "DEFAULT" or "CREDENTIALS" or "AKSERVICE" => "default",
        [var word, var name] when string.Equals(word, "profile", StringComparison.OrdinalIgnoreCase) => name,
        _ => null,
    };

    static string[] Words(string name) => name.Split(' ', 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}

/// <summary>A profile with everything it inherits.</summary>
sealed record Profile(string Name, List<KeyValuePair<string, string>> Values, ConfigFile File)
{
    public string? Get(params ReadOnlySpan<string> spellings) => IniSection.Find(Values, spellings);
}

/// <summary>Where one bucket is. Null leaves a thing as the profile has it.</summary>
sealed record BucketSettings(string? Endpoint, string? Region, string? AddressingStyle);
