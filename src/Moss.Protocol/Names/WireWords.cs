namespace Moss.Protocol.Names;

/// <summary>Who may do what with a bucket or an object. <c>Default</c> (objects only) means "as the bucket has it".</summary>
public enum Acl
{
    Default,
    Private,
    PublicRead,
    PublicReadWrite,
}

/// <summary>The storage class of a bucket or an object. Moss records it; every class is stored alike.</summary>
public enum StorageClass
{
    Standard,
    IA,
    Archive,
    ColdArchive,
    DeepColdArchive,
}

/// <summary>What made an object (<c>x-oss-object-type</c>, <c>Type</c> in listings).</summary>
public enum ObjectType
{
    Normal,
    Multipart,
    Appendable,
    Symlink,
}

/// <summary>The versioning state of a bucket.</summary>
public enum VersioningStatus
{
    /// <summary>Never set: objects are replaced in place.</summary>
    Unversioned,
    Enabled,
    Suspended,
}

/// <summary>The wire's spelling of the enumerations.</summary>
public static class WireWords
{
    public static string ToWire(this Acl acl) => acl switch
    {
        Acl.Default => "default",
        Acl.Private => "private",
        Acl.PublicRead => "public-read",
        Acl.PublicReadWrite => "public-read-write",
        _ => throw new ArgumentOutOfRangeException(nameof(acl)),
    };

    /// <summary>Parses an ACL word exactly as spelled on the wire; false for any other text.</summary>
    public static bool TryParseAcl(string text, out Acl acl)
    {
        (var known, acl) = text switch
        {
            "default" => (true, Acl.Default),
            "private" => (true, Acl.Private),
            "public-read" => (true, Acl.PublicRead),
            "public-read-write" => (true, Acl.PublicReadWrite),
            _ => (false, Acl.Default),
        };
        return known;
    }

    public static string ToWire(this StorageClass storageClass) => storageClass switch
    {
        StorageClass.Standard => "Standard",
        StorageClass.IA => "IA",
        StorageClass.Archive => "Archive",
        StorageClass.ColdArchive => "ColdArchive",
        StorageClass.DeepColdArchive => "DeepColdArchive",
        _ => throw new ArgumentOutOfRangeException(nameof(storageClass)),
    };

    /// <summary>Parses a storage class exactly as spelled on the wire; false for any other text.</summary>
    public static bool TryParseStorageClass(string text, out StorageClass storageClass)
    {
        (var known, storageClass) = text switch
        {
            "Standard" => (true, StorageClass.Standard),
            "IA" => (true, StorageClass.IA),
            "Archive" => (true, StorageClass.Archive),
            "ColdArchive" => (true, StorageClass.ColdArchive),
            "DeepColdArchive" => (true, StorageClass.DeepColdArchive),
            _ => (false, StorageClass.Standard),
        };
        return known;
    }

    public static string ToWire(this ObjectType type) => type switch
    {
        ObjectType.Normal => "Normal",
        ObjectType.Multipart => "Multipart",
        ObjectType.Appendable => "Appendable",
        ObjectType.Symlink => "Symlink",
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };
}
