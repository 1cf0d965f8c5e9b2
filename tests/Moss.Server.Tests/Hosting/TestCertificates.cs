using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Moss.Server.Tests.Hosting;

/// <summary>An authority with one below it, and certificates for this machine, made anew for each test.</summary>
sealed class TestCertificates : IDisposable
{
    readonly X509Certificate2 _root;
    readonly X509Certificate2 _issuer;
    readonly DateTimeOffset _now = TimeProvider.System.GetUtcNow();

    public TestCertificates()
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _root = Authority("Test root", rootKey).CreateSelfSigned(_now.AddDays(-1), _now.AddDays(30));
        using var issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var bare = Authority("Test issuer", issuerKey).Create(_root, _now.AddDays(-1), _now.AddDays(20), RandomNumberGenerator.GetBytes(8));
        _issuer = bare.CopyWithPrivateKey(issuerKey);
    }

    /// <summary>A certificate for loopback and the names of the tests, with the one that issued it, and its key.</summary>
    public (string Certificate, string Key) Make(bool withIssuer = true)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=moss test", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        names.AddDnsName("*.localhost");
        names.AddDnsName("sts.moss.test");
        request.CertificateExtensions.Add(names.Build());
        using var own = request.Create(_issuer, _now.AddDays(-1), _now.AddDays(10), RandomNumberGenerator.GetBytes(8));
        var pem = own.ExportCertificatePem();
        return (withIssuer ? $"{pem}\n{_issuer.ExportCertificatePem()}\n" : pem, key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>A client that knows the root alone: the server must send what leads to it.</summary>
    public SslClientAuthenticationOptions Client(string? host = null) => new()
    {
        TargetHost = host,
        CertificateChainPolicy = new()
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { _root },
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        },
    };

    public void Dispose()
    {
        _root.Dispose();
        _issuer.Dispose();
    }

    static CertificateRequest Authority(string name, ECDsa key)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request;
    }
}
