namespace Moss.Server.PostObject;

/// <summary>How long the parts of a form may be. Sizes are bytes.</summary>
static class FormLimits
{
    /// <summary>RFC 2046 allows 70; some programs take more.</summary>
    public const int MaxBoundary = 200;

    /// <summary>The headers of one part: a field's name has at most 8 KB by the documentation.</summary>
    public const int MaxPartHeaders = 16 * 1024;

    public const int MaxFieldName = 8 * 1024;

    /// <summary>The documentation says 2 MB on one page and 4 KB on another; the larger one is accepted.</summary>
    public const int MaxFieldValue = 2 * 1024 * 1024;

    /// <summary>Everything before the file: one field of the greatest length beside ordinary ones.</summary>
    public const int MaxBeforeFile = MaxFieldValue + (256 * 1024);

    public const int MaxFields = 1000;

    /// <summary>So far behind the file a second file is looked for; what stands there is ignored otherwise.</summary>
    public const int MaxBehindFile = 16 * 1024;
}
