using System.Net;
using System.Text;
using Moss.Protocol.Errors;
using Moss.Protocol.Names;
using Moss.Protocol.Signing;

namespace Moss.Client.Http;

/// <summary>
/// Where a request goes. The target is written by hand and handed to <see cref="Uri"/> with canonicalisation off, for a key is a byte
/// string: <c>a/../b</c>, <c>./x</c> and <c>%2F</c> in it must reach the server as they are.
/// </summary>
sealed class Address
{
    static readonly UriCreationOptions Raw = new() { DangerousDisablePathAndQueryCanonicalization = true };

    readonly string _scheme;
    readonly string _host;
    readonly AddressingStyle _style;

    public Address(string endpoint, AddressingStyle style)
    {
        var text = endpoint.Contains("://", StringComparison.Ordinal) ? endpoint : "https://" + endpoint;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0
            || uri.PathAndQuery != "/" || uri.UserInfo.Length > 0 || uri.Fragment.Length > 0)
        {
            throw new ArgumentException(
                $"The endpoint must be a host with an optional port and scheme, such as https://oss-cn-hangzhou.aliyuncs.com, not '{endpoint}'.",
                nameof(endpoint));
        }

        _scheme = uri.Scheme;
        _host = uri.Authority;
        Host = uri.IdnHost;
        _style = style != AddressingStyle.Auto ? style : IsLocal(uri) ? AddressingStyle.Path : AddressingStyle.VirtualHost;
    }

    /// <summary>The host of the endpoint without its port.</summary>
    public string Host { get; }

    /// <summary>The endpoint with scheme and port, in one spelling: what a checkpoint is bound to.</summary>
    public string Endpoint => $"{_scheme}://{_host}";

    /// <summary>The whole address of a request.</summary>
    /// <param name="rawQuery">Encoded already, without <c>?</c>; may be empty.</param>
    /// <exception cref="OssException">The bucket or the key breaks the rules of names; nothing was sent.</exception>
    public Uri Of(string? bucket, string? key, string rawQuery)
    {
        var target = new StringBuilder(_scheme).Append("://");
        if (bucket is null)
        {
            target.Append(_host).Append('/');
        }
        else
        {
            var name = BucketName.Parse(bucket).Value;
            target = _style switch
            {
                AddressingStyle.VirtualHost => target.Append(name).Append('.').Append(_host).Append('/'),
                AddressingStyle.Path => target.Append(_host).Append('/').Append(name).Append('/'),
                _ => target.Append(_host).Append('/'),
            };
            if (key is not null)
            {
                target.Append(PercentEncoding.Encode(ObjectKey.Parse(key).Value, keepSlash: true));
            }
        }

        if (rawQuery.Length > 0)
        {
            target.Append('?').Append(rawQuery);
        }

        return new Uri(target.ToString(), Raw);
    }

    static bool IsLocal(Uri uri) => uri.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6
        || IPAddress.TryParse(uri.Host, out _)
        || uri.IdnHost.Equals("localhost", StringComparison.OrdinalIgnoreCase);
}
