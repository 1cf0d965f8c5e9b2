using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Moss.Protocol.Errors;
using Moss.Server.AccessControl;
using Moss.Server.Pipeline;
using Moss.Storage.Metadata;

namespace Moss.Server.Callbacks;

/// <summary>Everything about callbacks that outlives a request: the key, which is opened at first use, and the client.</summary>
sealed class CallbackService : IDisposable
{
    readonly OssServerOptions _options;
    readonly IMetadataStore _metadata;
    readonly MasterKey _masterKey;
    readonly AddressGuard _guard;
    readonly TimeProvider _time;
    readonly NameLookup _names;
    readonly ILogger _log;
    readonly HostMap _hosts;
    readonly SemaphoreSlim _opening = new(1, 1);
    CallbackSigner? _signer;
    CallbackClient? _client;

    /// <param name="options">The server's settings.</param>
    /// <param name="metadata">Where the key is kept.</param>
    /// <param name="masterKey">What seals it there.</param>
    /// <param name="hosts">The server's own names.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Where unexpected failures go.</param>
    /// <exception cref="InvalidDataException">The given key or a range of addresses is malformed.</exception>
    public CallbackService(OssServerOptions options, IMetadataStore metadata, MasterKey masterKey, HostMap hosts, TimeProvider time, ILogger log)
    {
        _names = new(options.Resolve);
        _log = log;
        _options = options;
        _metadata = metadata;
        _masterKey = masterKey;
        _hosts = hosts;
        _time = time;
        _guard = new([.. options.CallbackAllow.Select(Range)]);
        if (options.CallbackKeyPem is { } pem)
        {
            try
            {
                _signer = CallbackSigner.OfPem(pem.Reveal());
            }
            catch (ArgumentException problem)
            {
                throw new InvalidDataException(problem.Message, problem);
            }
        }
    }

    /// <summary>What an upload asks for, when it may; null when it asks for nothing.</summary>
    /// <exception cref="OssException"><c>InvalidArgument</c>, before anything is stored.</exception>
    public async ValueTask<CallbackOptions?> CheckAsync(CallbackOptions? options, CancellationToken ct)
    {
        if (options is not null)
        {
            await OpenAsync(ct); // A key that cannot be had is better known now.
        }

        foreach (var url in options?.Urls ?? [])
        {
            // A name is looked up when it is called, and judged by what it is then.
            if (IPAddress.TryParse(url.Host, out var address) && !_guard.MayCall(address))
            {
                throw OssErrors.Argument("callback", url.Host, "Private address is forbidden to callback.");
            }
        }

        return options;
    }

    /// <summary>The memory that answers share until the clients have taken them.</summary>
    public FairShare Answers { get; } = new(CallbackClient.MaxAnswersBytes);

    public async Task<CallbackReply> CallAsync(CallbackOptions options, CallbackMessage message, HeldMemory memory, CancellationToken ct)
    {
        await OpenAsync(ct);
        return await _client!.CallAsync(options, message, memory, ct);
    }

    /// <summary>
    /// Where a callback says that the public half of the key is: where the settings say, or at this server, as the client reached it. A name that is not the server's own counts
    /// for nothing: whoever uploads would name the key that the application takes for the server's.
    /// </summary>
    public string PublicKeyUrl(HttpContext http)
    {
        if (_options.CallbackKeyUrl is { } url)
        {
            return url;
        }

        var local = http.Connection;
        var address = local.LocalIpAddress ?? _options.Listen.Address;
        var host = _options.ExtranetEndpoint
            ?? _hosts.OwnHostOf(http.Request.Headers.Host.ToString(), local.LocalPort)
            ?? new IPEndPoint(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, local.LocalPort).ToString();
        return $"{http.Request.Scheme}://{host}{CallbackSigner.PublicKeyPath}";
    }

    /// <summary>Serves the public half of the key if the request asks for it.</summary>
    public async ValueTask<bool> TryServeKeyAsync(HttpContext http)
    {
        var target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (target != CallbackSigner.PublicKeyPath || _hosts.Resolve(http.Request.Headers.Host.ToString()).Bucket is not null)
        {
            return false;
        }

        var pem = Encoding.ASCII.GetBytes((await OpenAsync(http.RequestAborted)).PublicKeyPem);
        http.Response.ContentType = "application/x-pem-file";
        http.Response.ContentLength = pem.Length;
        if (!HttpMethods.IsHead(http.Request.Method))
        {
            await http.Response.Body.WriteAsync(pem, http.RequestAborted);
        }

        return true;
    }

    public void Dispose()
    {
        _client?.Dispose();
        _signer?.Dispose();
        _opening.Dispose();
    }

    async ValueTask<CallbackSigner> OpenAsync(CancellationToken ct)
    {
        if (Volatile.Read(ref _client) is not null)
        {
            return _signer!;
        }

        await _opening.WaitAsync(ct);
        try
        {
            _signer ??= await CallbackSigner.OpenAsync(_metadata, _masterKey, ct);
            Volatile.Write(ref _client, _client ?? new CallbackClient(_signer, _guard, _names, _time, _log));
            return _signer;
        }
        finally
        {
            _opening.Release();
        }
    }

    static CidrRange Range(string text) =>
        CidrRange.TryParse(text, out var range) ? range : throw new InvalidDataException($"--callback-allow '{text}' is not a range of addresses such as 10.0.0.0/8");
}
