using Moss.Protocol.Errors;

namespace Moss.Protocol.Xml;

/// <summary>A domain name that is to stand for a bucket, or no more (PutCname, DeleteCname, CreateCnameToken).</summary>
/// <param name="Domain">The name.</param>
/// <param name="HasCertificate">Whether a certificate for it is given along.</param>
public sealed record BucketCnameConfiguration(string Domain, bool HasCertificate = false) : IXmlDocument<BucketCnameConfiguration>
{
    public static string Root => "BucketCnameConfiguration";

    public void Write(XmlDocumentWriter writer)
    {
        writer.Start("Cname");
        writer.Element("Domain", Domain);
        writer.End();
    }

    public static BucketCnameConfiguration Read(XmlDocumentReader reader)
    {
        string? domain = null;
        var hasCertificate = false;
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            if (reader.Name == "Cname")
            {
                var cname = reader.Enter();
                while (reader.Next(cname))
                {
                    domain = reader.Name == "Domain" ? reader.Text().Trim() : domain;
                    hasCertificate |= reader.Name == "CertificateConfiguration";
                }
            }
        }

        return new(domain ?? throw OssErrors.Xml("there is no Domain."), hasCertificate);
    }
}

/// <summary>What proves that a domain name is its owner's (CreateCnameToken, GetCnameToken).</summary>
public sealed record CnameToken(string Bucket, string Cname, string Token, DateTimeOffset ExpireTime) : IXmlDocument<CnameToken>
{
    public static string Root => "CnameToken";

    public void Write(XmlDocumentWriter writer)
    {
        writer.Element("Bucket", Bucket);
        writer.Element("Cname", Cname);
        writer.Element("Token", Token);
        writer.Element("ExpireTime", ExpireTime);
    }

    public static CnameToken Read(XmlDocumentReader reader)
    {
        var result = new CnameToken("", "", "", default);
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            result = reader.Name switch
            {
                "Bucket" => result with { Bucket = reader.Text() },
                "Cname" => result with { Cname = reader.Text() },
                "Token" => result with { Token = reader.Text() },
                "ExpireTime" => result with { ExpireTime = reader.Time() },
                _ => result,
            };
        }

        return result;
    }
}

/// <summary>The domain names that stand for a bucket (ListCname).</summary>
public sealed record ListCnameResult(string Bucket, string Owner, IReadOnlyList<BoundCname> Cnames) : IXmlDocument<ListCnameResult>
{
    public static string Root => "ListCnameResult";

    public void Write(XmlDocumentWriter writer)
    {
        writer.Element("Bucket", Bucket);
        writer.Element("Owner", Owner);
        foreach (var cname in Cnames)
        {
            writer.Start("Cname");
            writer.Element("Domain", cname.Domain);
            writer.Element("LastModified", cname.LastModified);
            writer.Element("Status", "Enabled");
            writer.End();
        }
    }

    public static ListCnameResult Read(XmlDocumentReader reader)
    {
        var (bucket, owner, cnames) = ("", "", new List<BoundCname>());
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            switch (reader.Name)
            {
                case "Bucket":
                    bucket = reader.Text();
                    break;
                case "Owner":
                    owner = reader.Text();
                    break;
                case "Cname":
                    cnames.Add(ReadCname(reader));
                    break;
            }
        }

        return new(bucket, owner, cnames);
    }

    static BoundCname ReadCname(XmlDocumentReader reader)
    {
        var result = new BoundCname("", default);
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            result = reader.Name switch
            {
                "Domain" => result with { Domain = reader.Text() },
                "LastModified" => result with { LastModified = reader.Time() },
                _ => result,
            };
        }

        return result;
    }
}

/// <summary>A domain name that stands for a bucket.</summary>
public sealed record BoundCname(string Domain, DateTimeOffset LastModified);
