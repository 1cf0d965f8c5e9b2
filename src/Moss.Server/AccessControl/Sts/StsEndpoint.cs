using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Moss.Protocol.Errors;
using Moss.Protocol.Signing;
using Moss.Protocol.Xml;
using Moss.Server.AccessControl.Accounts;
using Moss.Server.AccessControl.Audit;
using Moss.Server.AccessControl.Policies;
using Moss.Server.Observability;
using Moss.Server.Pipeline;

namespace Moss.Server.AccessControl.Sts;

/// <summary>
/// The token service at the server's own endpoint and under any <c>sts.*</c> host: AssumeRole and GetCallerIdentity in RPC form, signed with
/// HMAC-SHA1 in parameters or with ACS3-HMAC-SHA256 in the header, answered as XML or JSON.
/// </summary>
sealed class StsEndpoint(KeyRing keys, AccessStore store, AssumeRole assumeRole, HostMap hosts, TimeProvider time)
{
    const string Version = "2015-04-01";
    const string WhoAmI = "GetCallerIdentity";

    readonly NonceMemory _nonces = new(time);

    /// <summary>Serves the call if the request is one.</summary>
    public async ValueTask<bool> TryServeAsync(OssContext context)
    {
        var http = context.Http;
        if (!RpcRequest.IsOne(http.Request) || !IsHere(http.Request.Headers.Host.ToString()))
        {
            return false;
        }

        var requestId = new Guid(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16)).ToString().ToUpperInvariant();
        var isV3 = Acs3Signature.IsOn(http.Request);
        var isJson = isV3;
        var action = "Unknown";
        string root;
        IReadOnlyList<Member> members;
        try
        {
            var request = await RpcRequest.ReadAsync(http.Request, http.RequestAborted);
            isJson = request["Format"]?.Equals("JSON", StringComparison.OrdinalIgnoreCase) ?? isV3;
            action = ActionOf(request, http.Request, isV3);
            context.AuditResource = request["RoleArn"] ?? "";
            (root, members) = ($"{action}Response", [new("RequestId", requestId), .. await CallAsync(context, request, action, isV3)]);
        }
        catch (Exception exception)
        {
            var refusal = Translate(context, exception);
            context.ErrorCode = refusal.Code;
            http.Response.StatusCode = refusal.Status;
            var host = HostMap.WithoutPort(http.Request.Host.ToString());
            (root, members) = ("Error", [new("RequestId", requestId), new("HostId", host), new("Code", refusal.Code), new("Message", refusal.Message)]);
        }

        // Before the answer: a grant is on record also when nobody waits for it any more. Whoever asks who it is gets nothing and changes nothing, and may
        // ask as often as it likes.
        if (action != WhoAmI || context.ErrorCode is not null)
        {
            Auditing.OfCall(context, $"sts:{action}", context.AuditResource);
        }

        await WriteAsync(http, root, isJson, members);
        return true;
    }

    // A bucket's own host is the bucket's, unless the bucket would be called sts.
    bool IsHere(string host) =>
        hosts.Resolve(host).Bucket is null || host.StartsWith("sts.", StringComparison.OrdinalIgnoreCase);

    static string ActionOf(RpcRequest request, HttpRequest http, bool isV3)
    {
        var action = (isV3 ? http.Headers["x-acs-action"].ToString() : request["Action"]) ?? throw StsException.Missing("Action");
        var version = (isV3 ? http.Headers["x-acs-version"].ToString() : request["Version"]) ?? throw StsException.Missing("Version");
        return version != Version ? throw new StsException("InvalidVersion", 400, "Specified parameter Version is not valid.")
            : action is "AssumeRole" or WhoAmI ? action
            : throw new StsException("InvalidAction.NotFound", 404, "Specified api is not found, please check your url and method.");
    }

    async ValueTask<IReadOnlyList<Member>> CallAsync(OssContext context, RpcRequest request, string action, bool isV3)
    {
        var http = context.Http;
        var signature = isV3 ? Acs3Signature.Read(request, http.Request) : RpcSignature.OfParameters(request);
        var view = await keys.OpenAsync(http.RequestAborted);
        context.Caller = await AuthenticateAsync(signature, view, http.RequestAborted);
        if (action == WhoAmI)
        {
            return WhoIs(context.Caller.Identity);
        }

        var snapshot = await store.ReadAsync(http.RequestAborted);
        var grant = assumeRole.Run(request, context.Caller, snapshot, ConditionValues.OfConnection(context));
        return
        [
            new("AssumedRoleUser", [new("Arn", grant.RoleArn), new("AssumedRoleId", grant.RoleId)]),
            new("Credentials",
            [
                new("AccessKeyId", grant.Token.AccessKeyId),
                new("AccessKeySecret", grant.Token.Secret),
                new("SecurityToken", grant.Text),
                new("Expiration", grant.Token.Expires.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)),
            ]),
        ];
    }

    async ValueTask<Caller> AuthenticateAsync(RpcSignature signature, KeyRingView view, CancellationToken ct)
    {
        if (!AccessKey.IsValidId(signature.AccessKeyId))
        {
            throw StsException.UnknownKey();
        }

        var key = await view.FindAsync(signature.AccessKeyId, signature.SecurityToken, ct) ?? throw StsException.UnknownKey();
        if (key.IsDisabled)
        {
            throw StsException.DisabledKey();
        }

        if ((time.GetUtcNow() - signature.Timestamp).Duration() > SignatureOptions.MaxSkew)
        {
            throw StsException.Expired();
        }

        if (!signature.IsMatch(key.Secret))
        {
            throw StsException.Mismatch(signature.StringToSign);
        }

        // Remembered as long as the call would be believed again.
        var caller = view.CallerOf(signature.AccessKeyId);
        return _nonces.TryUse(caller.Identity.Principal, signature.AccessKeyId, signature.Nonce, signature.Timestamp + SignatureOptions.MaxSkew)
            ? caller
            : throw StsException.Replayed();
    }

    static Member[] WhoIs(Identity identity) =>
    [
        new("AccountId", identity.AccountUid),
        new("Arn", identity.Arn),
        new("IdentityType", identity.Kind switch
        {
            IdentityKind.User => "RAMUser",
            IdentityKind.AssumedRole => "AssumedRoleUser",
            _ => "Account",
        }),
        new("PrincipalId", identity.Kind switch
        {
            IdentityKind.User => identity.UserUid,
            IdentityKind.AssumedRole => $"{identity.Name}:{identity.SessionName}",
            _ => identity.AccountUid,
        }),
        new("UserId", identity.UserUid.Length > 0 ? identity.UserUid : identity.AccountUid),
    ];

    static StsException Translate(OssContext context, Exception exception)
    {
        switch (exception)
        {
            case StsException refusal:
                return refusal;
            case OssException token:
                // What the key ring says of tokens, in the words of this service.
                return token.Error == OssErrors.SecurityTokenExpired
                    ? new("InvalidSecurityToken.Expired", 400, "Specified SecurityToken is expired.")
                    : new("InvalidSecurityToken.Malformed", 400, "Specified SecurityToken is malformed.");
            case BadHttpRequestException:
                return new("InvalidParameter", 400, "The request did not arrive whole.");
            case var _ when context.Http.RequestAborted.IsCancellationRequested:
                return new(ErrorWriter.ClientClosed, StatusCodes.Status499ClientClosedRequest, "The client went away.");
            default:
                Log.RequestFailed(context.Services.Log, context.RequestId, exception);
                return new("InternalError", 500, "STS Server Internal Error happened.");
        }
    }

    static async Task WriteAsync(HttpContext http, string root, bool isJson, IReadOnlyList<Member> members)
    {
        using var buffer = new PooledBuffer();
        if (isJson)
        {
            using var json = new Utf8JsonWriter((IBufferWriter<byte>)buffer);
            WriteJson(json, members);
        }
        else
        {
            var xml = new XmlDocumentWriter(buffer);
            xml.Start(root);
            WriteXml(xml, members);
            xml.End();
        }

        http.Response.ContentType = isJson ? "application/json;charset=utf-8" : "text/xml;charset=utf-8";
        http.Response.ContentLength = buffer.Written.Length;
        http.Response.Headers.CacheControl = "no-store";
        await http.Response.BodyWriter.WriteAsync(buffer.Written, http.RequestAborted);
    }

    static void WriteJson(Utf8JsonWriter json, IReadOnlyList<Member> members)
    {
        json.WriteStartObject();
        foreach (var member in members)
        {
            if (member.Members.Count == 0)
            {
                json.WriteString(member.Name, member.Text);
                continue;
            }

            json.WritePropertyName(member.Name);
            WriteJson(json, member.Members);
        }

        json.WriteEndObject();
    }

    static void WriteXml(XmlDocumentWriter xml, IReadOnlyList<Member> members)
    {
        foreach (var member in members)
        {
            if (member.Members.Count == 0)
            {
                xml.Element(member.Name, member.Text);
                continue;
            }

            xml.Start(member.Name);
            WriteXml(xml, member.Members);
            xml.End();
        }
    }

    /// <summary>A member of an answer: a text, or more members.</summary>
    sealed record Member(string Name, string Text, IReadOnlyList<Member> Members)
    {
        public Member(string name, string text)
            : this(name, text, [])
        {
        }

        public Member(string name, IReadOnlyList<Member> members)
            : this(name, "", members)
        {
        }
    }
}
