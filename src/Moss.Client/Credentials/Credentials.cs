using Moss.Protocol.Signing;

namespace Moss.Client;

/// <summary>An access key, and for a temporary one its token and its end. It prints its id alone.</summary>
public sealed class Credentials
{
    /// <summary>A key, its secret, and for a temporary key (STS) its token and the instant after which the service refuses it.</summary>
    /// <exception cref="ArgumentException">The id or the secret is empty.</exception>
    public Credentials(string accessKeyId, string accessKeySecret, string? securityToken = null, DateTimeOffset? expiresAt = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(accessKeyId);
        Signing = new(accessKeyId, new AccessKeySecret(accessKeySecret), securityToken);
        ExpiresAt = expiresAt;
    }

    /// <summary>The public half of the key.</summary>
    public string AccessKeyId => Signing.AccessKeyId;

    /// <summary>When the service stops to accept the key; null for one that stays.</summary>
    public DateTimeOffset? ExpiresAt { get; }

    internal Credential Signing { get; }

    public override string ToString() => AccessKeyId;
}

/// <summary>
/// Where a client takes its credentials from. It is asked before every request, by many requests at once, so it answers from memory
/// whenever it can.
/// </summary>
public interface ICredentialsProvider
{
    /// <summary>The credentials to sign with now, or null to send the request without a signature.</summary>
    ValueTask<Credentials?> GetAsync(CancellationToken ct);

    /// <summary>
    /// Told that the service refused these credentials as unknown or expired. True when <see cref="GetAsync"/> will give others, so
    /// that trying again makes sense.
    /// </summary>
    bool Invalidate(Credentials refused);
}

/// <summary>Credentials that never change.</summary>
public sealed class StaticCredentialsProvider(Credentials credentials) : ICredentialsProvider
{
    /// <summary>Sends every request without a signature.</summary>
    public static ICredentialsProvider Anonymous { get; } = new AnonymousProvider();

    public ValueTask<Credentials?> GetAsync(CancellationToken ct) => new(credentials);

    public bool Invalidate(Credentials refused) => false;

    sealed class AnonymousProvider : ICredentialsProvider
    {
        public ValueTask<Credentials?> GetAsync(CancellationToken ct) => default;

        public bool Invalidate(Credentials refused) => false;
    }
}

/// <summary>
/// Temporary credentials (STS) that are fetched anew before they end: at most one fetch at a time, <see cref="RefreshBefore"/> ahead of the
/// end. While a fetch fails and the old ones are still valid, the old ones are used.
/// </summary>
/// <param name="fetch">Gets new credentials, for example from an STS endpoint or a metadata service.</param>
/// <param name="time">The clock; the system's when null.</param>
public sealed class RefreshingCredentialsProvider(
    Func<CancellationToken, Task<Credentials>> fetch, TimeProvider? time = null) : ICredentialsProvider, IDisposable
{
    readonly TimeProvider _time = time ?? TimeProvider.System;
    readonly SemaphoreSlim _fetching = new(1, 1);
    volatile Credentials? _current;

    /// <summary>How long before the end new credentials are fetched; 5 minutes unless said otherwise.</summary>
    public TimeSpan RefreshBefore { get; init; } = TimeSpan.FromMinutes(5);

    public async ValueTask<Credentials?> GetAsync(CancellationToken ct)
    {
        if (_current is { } fresh && !EndsWithin(fresh, RefreshBefore))
        {
            return fresh;
        }

        await _fetching.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            if (_current is { } other && !EndsWithin(other, RefreshBefore))
            {
                return other;
            }

            try
            {
                _current = await fetch(ct).ConfigureAwait(false);
            }
            catch (Exception e) when (e is not OperationCanceledException && _current is { } old && !EndsWithin(old, TimeSpan.Zero))
            {
                return old;
            }

            return _current;
        }
        finally
        {
            _fetching.Release();
        }
    }

    public bool Invalidate(Credentials refused)
    {
        Interlocked.CompareExchange(ref _current, null, refused);
        return true;
    }

    public void Dispose() => _fetching.Dispose();

    bool EndsWithin(Credentials credentials, TimeSpan span) =>
        credentials.ExpiresAt is { } end && end - _time.GetUtcNow() <= span;
}

/// <summary>
/// Credentials from <c>OSS_ACCESS_KEY_ID</c>, <c>OSS_ACCESS_KEY_SECRET</c> and <c>OSS_SESSION_TOKEN</c>, read anew for every request;
/// without the first two, requests go out unsigned.
/// </summary>
public sealed class EnvironmentCredentialsProvider : ICredentialsProvider
{
    public ValueTask<Credentials?> GetAsync(CancellationToken ct)
    {
        var id = Environment.GetEnvironmentVariable("OSS_ACCESS_KEY_ID");
        var secret = Environment.GetEnvironmentVariable("OSS_ACCESS_KEY_SECRET");
        return string.IsNullOrEmpty(id) || string.IsNullOrEmpty(secret)
            ? default
            : new(new Credentials(id, secret, Environment.GetEnvironmentVariable("OSS_SESSION_TOKEN")));
    }

    public bool Invalidate(Credentials refused) => false;
}
