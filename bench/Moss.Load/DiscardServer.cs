using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;

namespace Moss.Load;

/// <summary>The framework's limit: Kestrel that reads a body and throws it away.</summary>
static class DiscardServer
{
    public static async Task RunAsync(int port)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
        {
            options.Limits.MaxRequestBodySize = null;
            options.Listen(System.Net.IPAddress.Loopback, port);
        });
        await using var app = builder.Build();
        app.Run(async http =>
        {
            var reader = http.Request.BodyReader;
            while (true)
            {
                var result = await reader.ReadAsync(http.RequestAborted);
                reader.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                {
                    break;
                }
            }

            http.Response.ContentLength = 0;
        });
        await app.RunAsync();
    }
}
