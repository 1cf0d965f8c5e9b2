using System.Collections.Frozen;
using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Moss.Protocol.Errors;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Server.Hosting;
using Moss.Server.Pipeline;
using Moss.Storage;
using Moss.Storage.Metadata;

namespace Moss.Server.BucketRules;

/// <summary>A domain name that stands for a bucket, as it is stored.</summary>
/// <param name="BucketId">The bucket itself: one made anew under its name does not have its domain names.</param>
/// <param name="Bucket">Its name.</param>
/// <param name="LastModified">When it was bound.</param>
sealed record CnameRecord(long BucketId, string Bucket, DateTimeOffset LastModified);

/// <summary>A token for a domain name, as it is stored.</summary>
sealed record CnameTokenRecord(long BucketId, string Token, DateTimeOffset ExpireTime);

/// <summary>
/// The domain names that stand for buckets. A change through this server counts when its task completes, one through another server on the same catalogue within a
/// minute. Whose a name is nobody can prove to a server on its own: the operator says which names may be bound, and of those one is the first bucket's that binds it,
/// until that lets it go.
/// </summary>
sealed class CnameTable(IMetadataStore metadata, TimeProvider time, OssServerOptions options) : ICnameTable, IAsyncDisposable
{
    /// <summary>How long a token is good.</summary>
    static readonly TimeSpan TokenLife = TimeSpan.FromHours(72);

    static readonly TimeSpan LookInterval = TimeSpan.FromMinutes(1);

    const string Prefix = "cname/";
    const string TokenPrefix = "cname-token/";

    /// <summary>A domain name, and a label of one.</summary>
    const int MaxNameLength = 253, MaxLabelLength = 63;

    /// <summary>Names of a bucket, as of the public service, and its tokens that are still good.</summary>
    const int MaxNames = 100, MaxTokens = 100;

    static readonly MetadataLock Lock = MetadataLock.Named("cnames");

    FrozenDictionary<string, string> _buckets = FrozenDictionary<string, string>.Empty;
    Recurring? _looking;

    public string? FindBucket(string host) => Volatile.Read(ref _buckets).GetValueOrDefault(host);

    /// <summary>Learns the names, and goes on learning them.</summary>
    public async Task StartAsync(Action<Exception> failed, CancellationToken ct)
    {
        await LearnAsync(ct);
        _looking = new(LookInterval, time, LearnAsync, failed);
    }

    public ValueTask DisposeAsync() => _looking?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Reads the names anew.</summary>
    public async Task LearnAsync(CancellationToken ct)
    {
        var learned = await metadata.ReadAsync(
            async tx =>
            {
                var names = new Dictionary<string, string>(StringComparer.Ordinal);
                foreach (var (setting, value) in await tx.Settings.ListAsync(Prefix))
                {
                    if (Read(value) is { } record && (await tx.Buckets.FindAsync(BucketName.Parse(record.Bucket)))?.Id == record.BucketId)
                    {
                        names.Add(setting[Prefix.Length..], record.Bucket);
                    }
                }

                return names;
            },
            ct);
        Volatile.Write(ref _buckets, learned.ToFrozenDictionary(StringComparer.Ordinal));
    }

    /// <summary>
    /// Refuses a name that may not be bound by this request. A bound host names no bucket in its path any more, so a name by which others reach the server must not be
    /// whoever's asks for it: the operator allows names, and the root credential needs no leave.
    /// </summary>
    /// <exception cref="OssException"><c>InvalidArgument</c>: the server itself is reached by it; <c>AccessDenied</c>: the operator does not allow it.</exception>
    public void RequireBindable(string domain, OssRequest request, Caller caller)
    {
        var host = Checked(domain);
        string?[] own = [options.ExtranetEndpoint, options.IntranetEndpoint, request.Addressing == Addressing.Path ? request.Host : null];
        if (own.Any(endpoint => endpoint is not null && HostMap.WithoutPort(endpoint).Trim('.').Equals(host, StringComparison.OrdinalIgnoreCase)))
        {
            throw NotOwn(domain);
        }

        if (!caller.IsRoot && !options.CnameAllow.Any(allowed => Allows(allowed, host)))
        {
            throw new OssException(
                OssErrors.AccessDenied, $"The operator of this server does not allow the domain name {host} to be bound (serve --cname-allow).");
        }
    }

    /// <summary>Binds a name to a bucket; binding it again is no change.</summary>
    /// <exception cref="OssException"><c>NoSuchBucket</c>, <c>InvalidArgument</c> or <c>NeedVerifyDomainOwnership</c>: it is another bucket's.</exception>
    public async ValueTask BindAsync(BucketName name, string domain, CancellationToken ct)
    {
        var host = Checked(domain);
        await metadata.WriteAsync(
            [Lock, MetadataLock.Bucket(name, shared: true)],
            async tx =>
            {
                var bucket = await FindAsync(tx, name);
                if (await tx.Settings.FindAsync(Prefix + host) is { } stored && Read(stored) is { } bound)
                {
                    var holder = await tx.Buckets.FindAsync(BucketName.Parse(bound.Bucket));
                    if (holder?.Id == bound.BucketId && bound.BucketId != bucket.Id)
                    {
                        throw new OssException(OssErrors.NeedVerifyDomainOwnership, details: [new("Bucket", name.Value), new("Cname", host)]);
                    }

                    if (bound.BucketId == bucket.Id)
                    {
                        return true;
                    }
                }

                if ((await tx.Settings.ListAsync(Prefix)).Count(pair => Read(pair.Value)?.BucketId == bucket.Id) >= MaxNames)
                {
                    throw OssErrors.Argument("Domain", domain, $"A bucket can have {MaxNames} domain names at most.");
                }

                await tx.Settings.PutAsync(
                    Prefix + host, JsonSerializer.SerializeToUtf8Bytes(new(bucket.Id, name.Value, time.GetUtcNow()), CnameJson.Default.CnameRecord));
                return true;
            },
            ct);
        await LearnAsync(CancellationToken.None);
    }

    /// <summary>Lets a name of the bucket go; one that it has not is no matter.</summary>
    public async ValueTask ReleaseAsync(BucketName name, string domain, CancellationToken ct)
    {
        var host = Checked(domain);
        await metadata.WriteAsync(
            [Lock, MetadataLock.Bucket(name, shared: true)],
            async tx =>
            {
                var bucket = await FindAsync(tx, name);
                if (await tx.Settings.FindAsync(Prefix + host) is { } stored && Read(stored)?.BucketId == bucket.Id)
                {
                    await tx.Settings.PutAsync(Prefix + host, value: null);
                }

                return true;
            },
            ct);
        await LearnAsync(CancellationToken.None);
    }

    /// <summary>Lets the names of a bucket that was deleted go: one made anew under its name does not have them.</summary>
    public async ValueTask ForgetAsync(BucketName name)
    {
        if (Volatile.Read(ref _buckets).Values.Contains(name.Value))
        {
            await LearnAsync(CancellationToken.None);
        }
    }

    /// <summary>The names of a bucket, in order.</summary>
    public ValueTask<ListCnameResult> ListAsync(BucketName name, CancellationToken ct) =>
        metadata.ReadAsync(
            async tx =>
            {
                var bucket = await FindAsync(tx, name);
                var all = await tx.Settings.ListAsync(Prefix);
                var own = all
                    .Where(pair => Read(pair.Value)?.BucketId == bucket.Id)
                    .Select(pair => new BoundCname(pair.Key[Prefix.Length..], Read(pair.Value)!.LastModified));
                return new ListCnameResult(name.Value, bucket.OwnerId, [.. own]);
            },
            ct);

    /// <summary>Makes a token for a name, or answers the one that is still good.</summary>
    public ValueTask<CnameToken> CreateTokenAsync(BucketName name, string domain, CancellationToken ct)
    {
        var host = Checked(domain);
        return metadata.WriteAsync(
            [Lock, MetadataLock.Bucket(name, shared: true)],
            async tx =>
            {
                var bucket = await FindAsync(tx, name);
                if (await FindTokenAsync(tx, bucket, host) is { } good)
                {
                    return good;
                }

                await MakeRoomForTokenAsync(tx, bucket, domain);
                var token = new CnameTokenRecord(bucket.Id, IdGenerator.RandomHex(16).ToLowerInvariant(), time.GetUtcNow() + TokenLife);
                await tx.Settings.PutAsync(TokenName(bucket, host), JsonSerializer.SerializeToUtf8Bytes(token, CnameJson.Default.CnameTokenRecord));
                return new CnameToken(name.Value, host, token.Token, token.ExpireTime);
            },
            ct);
    }

    /// <summary>The token of a name; null when there is none that is good.</summary>
    public ValueTask<CnameToken?> FindTokenAsync(BucketName name, string domain, CancellationToken ct)
    {
        var host = Checked(domain);
        return metadata.ReadAsync(async tx => await FindTokenAsync(tx, await FindAsync(tx, name), host), ct);
    }

    async ValueTask<CnameToken?> FindTokenAsync(IMetadataTransaction tx, BucketRecord bucket, string host)
    {
        var stored = await tx.Settings.FindAsync(TokenName(bucket, host));
        return stored is not null && JsonSerializer.Deserialize(stored, CnameJson.Default.CnameTokenRecord) is { } token && token.ExpireTime > time.GetUtcNow()
            ? new(bucket.Name.Value, host, token.Token, token.ExpireTime)
            : null;
    }

    // Tokens that have expired go; those that are good may be no more than so many.
    async ValueTask MakeRoomForTokenAsync(IMetadataTransaction tx, BucketRecord bucket, string domain)
    {
        var good = 0;
        foreach (var (setting, stored) in await tx.Settings.ListAsync(TokenName(bucket, "")))
        {
            if (JsonSerializer.Deserialize(stored, CnameJson.Default.CnameTokenRecord) is { } token && token.ExpireTime > time.GetUtcNow())
            {
                good++;
            }
            else
            {
                await tx.Settings.PutAsync(setting, value: null);
            }
        }

        if (good >= MaxTokens)
        {
            throw OssErrors.Argument("Domain", domain, $"A bucket can have {MaxTokens} tokens for domain names at most.");
        }
    }

    static string TokenName(BucketRecord bucket, string host) => $"{TokenPrefix}{bucket.Id.ToString(CultureInfo.InvariantCulture)}/{host}";

    static CnameRecord? Read(byte[] stored) => JsonSerializer.Deserialize(stored, CnameJson.Default.CnameRecord);

    static async ValueTask<BucketRecord> FindAsync(IMetadataTransaction tx, BucketName name) =>
        await tx.Buckets.FindAsync(name) ?? throw OssErrors.BucketMissing(name.Value);

    // The server's own names, and what looks like an address, stay what they are.
    string Checked(string domain)
    {
        var host = domain.Trim().TrimEnd('.').ToLowerInvariant();
        var labels = host.Split('.');
        var isName = host.Length is > 0 and <= MaxNameLength && labels.Length > 1 && !IPAddress.TryParse(host, out _)
            && labels.All(label => label.Length is > 0 and <= MaxLabelLength && label[0] != '-' && label[^1] != '-'
                && label.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'));
        var isOwn = options.Domains.Append("aliyuncs.com").Any(own => host == own || host.EndsWith("." + own, StringComparison.OrdinalIgnoreCase));
        return isName && !isOwn ? host : throw NotOwn(domain);
    }

    static OssException NotOwn(string domain) =>
        OssErrors.Argument("Domain", domain, "Domain must be a domain name that is not one of the service's own.");

    // A name, or *. and the name that others are below.
    static bool Allows(string allowed, string host) => allowed.StartsWith("*.", StringComparison.Ordinal)
        ? host.EndsWith(allowed[1..], StringComparison.OrdinalIgnoreCase)
        : host.Equals(allowed, StringComparison.OrdinalIgnoreCase);
}

[JsonSerializable(typeof(CnameRecord))]
[JsonSerializable(typeof(CnameTokenRecord))]
sealed partial class CnameJson : JsonSerializerContext;
