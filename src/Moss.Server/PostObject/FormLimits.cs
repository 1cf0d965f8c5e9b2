namespace Moss.Server.PostObject;

/// <summary>How long the parts of a form may be, and how long they may take. Sizes are bytes.</summary>
static class FormLimits
{
    /// <summary>RFC 2046 allows 70; some programs take more.</summary>
    public const int MaxBoundary = 200;

    /// <summary>The headers of one part: a field's name has at most 8 KB by the documentation.</summary>
    public const int MaxPartHeaders = 16 * 1024;

    public const int MaxFieldName = 8 * 1024;

    /// <summary>
    /// The documentation says 2 MB on one page and 4 KB on another. Only a policy with long lists can need the former; of the other fields the longest are user metadata (8 KB),
    /// a callback (5 KB) and a security token.
    /// </summary>
    public const int MaxPolicy = 2 * 1024 * 1024;

    public const int MaxFieldValue = 16 * 1024;

    /// <summary>Ten tags of 128 and 256 characters, of which one may be nine bytes when it is encoded.</summary>
    public const int MaxTagging = 64 * 1024;

    /// <summary>Of every form this much is not counted with the others': the head of any request may take as much, and only connections bound those.</summary>
    public const int Uncounted = 64 * 1024;

    /// <summary>Everything before the file: one policy of the greatest length beside ordinary fields.</summary>
    public const int MaxBeforeFile = MaxPolicy + (256 * 1024);

    /// <summary>
    /// What all forms together hold before their files begin, counted as it came beyond <see cref="Uncounted"/>: whoever fills it stops policies of a length that
    /// few have, and no ordinary form. Nobody is known to have a right before a form is read.
    /// </summary>
    public const long MaxMemory = 64 * 1024 * 1024;

    /// <summary>From the end of the head to the beginning of the file. The greatest policy takes so long at 300 kbit/s.</summary>
    public static readonly TimeSpan MaxTimeBeforeFile = TimeSpan.FromSeconds(60);

    public const int MaxFields = 1000;

    /// <summary>So far behind the file a second file is looked for; what stands there is ignored otherwise.</summary>
    public const int MaxBehindFile = 16 * 1024;

    /// <summary>The longest value of a field.</summary>
    public static int MaxValueOf(string field) =>
        field.Equals("policy", StringComparison.OrdinalIgnoreCase) ? MaxPolicy
        : field.Equals("x-oss-tagging", StringComparison.OrdinalIgnoreCase) ? MaxTagging
        : MaxFieldValue;
}
