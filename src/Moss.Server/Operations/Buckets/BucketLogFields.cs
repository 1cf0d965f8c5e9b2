using Moss.Protocol.Errors;
using Moss.Protocol.Xml;

namespace Moss.Server.Operations.Buckets;

/// <summary>
/// Put-, Get- and DeleteUserDefinedLogFieldsConfig (https://help.aliyun.com/zh/oss/developer-reference/putuserdefinedlogfieldsconfig). The fields are of the
/// real-time log, a product of its own that a server on its own has not; they are checked, recorded and served.
/// </summary>
static class BucketLogFields
{
    /// <summary>Headers and parameters together.</summary>
    const int MaxFields = 6;

    public static readonly BucketDocument<UserDefinedLogFieldsConfiguration> Document = new("userDefinedLogFieldsConfig")
    {
        Missing = OssErrors.NoSuchUserDefinedLogFieldsConfig,
        Accept = static (_, document, _) =>
        {
            if (document.Headers.Count + document.Parameters.Count > MaxFields)
            {
                throw OssErrors.Xml($"there are more than {MaxFields} headers and parameters.");
            }

            var header = document.Headers.FirstOrDefault(name => name.Length == 0 || name.Any(c => c is < '!' or > '~' or '_' or ':'));
            return header is not null ? throw OssErrors.Argument("header", header, "A header must be of printable ASCII characters without _ and :.")
                : document.Parameters.Contains("") ? throw OssErrors.Argument("parameter", "", "A parameter must not be empty.")
                : new(document);
        },
    };
}
