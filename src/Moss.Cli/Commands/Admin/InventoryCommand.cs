using System.CommandLine;
using Moss.Cli.Frame;

namespace Moss.Cli.Commands.Admin;

/// <summary><c>moss admin inventory run</c>: makes the inventories of buckets now, whenever they are due.</summary>
static class InventoryCommand
{
    static readonly Option<string?> Bucket = Options.Text("--bucket", "BUCKET", "Only the inventories of this bucket.");
    static readonly Option<string?> Id = Options.Text("--id", "ID", "Only this inventory of the bucket.");

    public static Command Create() => new MossCommand("inventory", "Inventories: lists of what buckets hold.")
        .With(new MossCommand("run", "Make inventories now, and wait for them.")
            .With(Bucket, Id)
            .Example("moss admin inventory run --bucket archive", "all inventories of a bucket")
            .Run(invocation => AdminCommand.ListAsync(
                invocation,
                "inventory/run",
                new() { ["bucket"] = invocation.Get(Bucket), ["name"] = invocation.Get(Id) },
                new("bucket", "BUCKET", -24), new("id", "ID", -24), new("files", "FILES", 6), new("error", "ERROR", -20), new("manifest", "MANIFEST", 0))));
}
