using Moss.Server;
using Moss.Server.Hosting;

namespace Moss.Cli.Commands;

/// <summary>What a starting server prints: where it is, and at its first start how to use it.</summary>
static class Banner
{
    public static void Write(TextWriter output, MossServer server, OssServerOptions options)
    {
        var endpoint = $"{server.Scheme}://{server.Endpoint}";
        output.WriteLine($"Moss listens on {endpoint}");
        if (server.DataDirectory.Length > 0)
        {
            output.WriteLine($"data in {server.DataDirectory}");
        }

        if (options.Durability == Durability.Ci)
        {
            output.WriteLine("DURABILITY IS ci: nothing is forced to disk. A crash of this machine may lose what was acknowledged.");
        }

        if (server.RootIsNew)
        {
            WriteFirstStart(output, server, endpoint);
        }

        output.Flush();
    }

    // The one time that the secret is shown.
    static void WriteFirstStart(TextWriter output, MossServer server, string endpoint)
    {
        output.WriteLine();
        output.WriteLine("The root credential was made now and is shown this once (it is kept in the data directory):");
        output.WriteLine($"  AccessKeyId      {server.Root.AccessKeyId}");
        output.WriteLine($"  AccessKeySecret  {server.Root.Secret.Reveal()}");
        output.WriteLine();
        output.WriteLine("Try it, with Node.js:");
        output.WriteLine($"  export OSS_ENDPOINT={endpoint} OSS_ACCESS_KEY_ID={server.Root.AccessKeyId} OSS_ACCESS_KEY_SECRET={server.Root.Secret.Reveal()}");
        output.WriteLine("  npm install ali-oss");
        output.WriteLine(
            "  node -e \"const c=new (require('ali-oss'))({endpoint:process.env.OSS_ENDPOINT,accessKeyId:process.env.OSS_ACCESS_KEY_ID,"
            + "accessKeySecret:process.env.OSS_ACCESS_KEY_SECRET,sldEnable:true});(async()=>{await c.putBucket('demo');c.useBucket('demo');"
            + "await c.put('hello.txt',Buffer.from('hello, moss'));console.log((await c.get('hello.txt')).content.toString())})()\"");
        output.WriteLine();
    }
}
