using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;
using Moss.Server.Observability;

namespace Moss.Server.Hosting;

/// <summary>
/// The certificate that the server shows, with its chain, from a pair of PEM files. When the files change, new connections get the new one; those that stand
/// keep theirs. A pair that cannot be used is logged once and changes nothing.
/// </summary>
sealed class TlsCertificate : IDisposable
{
    /// <summary>How often the files are looked at: they are small, and whoever renews a certificate has days.</summary>
    public static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(2);

    readonly string _certificateFile;
    readonly string _keyFile;
    byte[] _seen;
    string? _lastProblem;
    volatile SslStreamCertificateContext _current;
    ITimer? _timer;

    TlsCertificate(string certificateFile, string keyFile)
    {
        (_certificateFile, _keyFile) = (certificateFile, keyFile);
        var text = ReadFiles();
        _seen = text.Digest;
        _current = Parse(text.Certificate, text.Key);
    }

    /// <summary>Reads the pair; null when the server is to speak plain HTTP.</summary>
    /// <exception cref="StartException">Only one of the two is given, or they cannot be used; the message says which and why.</exception>
    public static TlsCertificate? Load(OssServerOptions options)
    {
        if (options.TlsCertificateFile is null && options.TlsKeyFile is null)
        {
            return null;
        }

        if (options.TlsCertificateFile is not { } certificateFile || options.TlsKeyFile is not { } keyFile)
        {
            throw new StartException("--tls-cert and --tls-key must be set together");
        }

        try
        {
            return new(certificateFile, keyFile);
        }
        catch (InvalidDataException unusable)
        {
            throw new StartException($"cannot use the TLS certificate: {unusable.Message}", unusable);
        }
    }

    /// <summary>What Kestrel asks at each handshake.</summary>
    public TlsHandshakeCallbackOptions HandshakeOptions => new()
    {
        OnConnection = _ => new(new SslServerAuthenticationOptions
        {
            ServerCertificateContext = _current,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        }),
    };

    /// <summary>Begins to look at the files again and again.</summary>
    public void Watch(TimeProvider time, ILogger log) => _timer = time.CreateTimer(_ => Look(log), state: null, LookInterval, LookInterval);

    public void Dispose() => _timer?.Dispose();

    void Look(ILogger log)
    {
        try
        {
            var text = ReadFiles();
            _lastProblem = null;
            if (text.Digest.AsSpan().SequenceEqual(_seen))
            {
                return;
            }

            // Also when it is unusable: it is told of once. A pair half of which is written yet is another one when it is whole.
            _seen = text.Digest;
            _current = Parse(text.Certificate, text.Key);
            Log.CertificateReloaded(log, _current.TargetCertificate.Subject, _current.TargetCertificate.NotAfter.ToUniversalTime());
        }
        catch (InvalidDataException unusable)
        {
            if (_lastProblem != unusable.Message)
            {
                _lastProblem = unusable.Message;
                Log.CertificateUnusable(log, unusable.Message);
            }
        }
    }

    (string Certificate, string Key, byte[] Digest) ReadFiles()
    {
        var certificate = Read(_certificateFile);
        var key = Read(_keyFile);
        return (certificate, key, SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{certificate}\0{key}")));
    }

    static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"{path} cannot be read: {exception.Message}", exception);
        }
    }

    SslStreamCertificateContext Parse(string certificateText, string keyText)
    {
        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(certificateText);
            if (chain.Count == 0)
            {
                throw new InvalidDataException($"{_certificateFile} holds no certificate in PEM.");
            }

            // The first one is the server's own; those after it lead to a root that clients know.
            var own = X509Certificate2.CreateFromPem(certificateText, keyText);
            chain.RemoveAt(0);
            return SslStreamCertificateContext.Create(own, chain, offline: true);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            throw new InvalidDataException(
                $"{_certificateFile} and {_keyFile} are no pair of a certificate and its private key in PEM, without a password: {exception.Message}", exception);
        }
    }
}
