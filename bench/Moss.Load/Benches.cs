namespace Moss.Load;

/// <summary>A benchmark: what it prepares on a fresh server, and what it measures there.</summary>
sealed record Bench(string Name, string What, bool OthersToo, Func<Target, Inputs, Measurement> Run)
{
    /// <summary>Fills the data directory before the server starts.</summary>
    public Action<string>? Prepare { get; init; }
}

/// <summary>What the benchmarks send.</summary>
sealed record Inputs(string PartFile, string LongPartFile, string LargeFile, byte[] Small, string Data, double Scale)
{
    public int Count(int full) => Math.Max(1, (int)(full * Scale));
}

static class Benches
{
    public const int Part = 16 * 1024 * 1024;

    /// <summary>Bytes; so long that what a request costs besides its body no longer shows.</summary>
    public const int LongPart = 512 * 1024 * 1024;

    const int SmallLength = 4096;
    const int ManyParts = 10_000;

    public static IReadOnlyList<Bench> All { get; } =
    [
        new("multipart", "UploadPart, 16 MiB x 8 in flight", true, (t, i) => Parts(t, i.PartFile, Part, 8, 512, i.Count(192))),
        new("multipart-alone", "UploadPart, 16 MiB, 1 in flight", true, (t, i) => Parts(t, i.PartFile, Part, 1, 512, i.Count(48))),
        new("multipart-long", "UploadPart, 512 MiB, 1 in flight", true, (t, i) => Parts(t, i.LongPartFile, LongPart, 1, 16, i.Count(4))),
        new("put", "PutObject, 1 MiB x 8 in flight", true, (t, i) => Puts(t, i)),
        new("get", "GetObject, 1 GiB x 2 in flight", true, Gets),
        new("small", "PutObject, 4 KiB x 64 in flight", true, (t, i) => SmallPuts(t, i, i.Count(40_000))),
        new("small-get", "GetObject, 4 KiB x 64 in flight", true, SmallGets),
        new("complete", "CompleteMultipartUpload, 10,000 parts", false, Completes),
        new("list-parts", "ListParts of 10,000 parts, 10 pages", false, ListParts),
        new("list", "ListObjects, a page of 1,000 of 1,000,000 keys", false, (t, i) => Lists(t, i, "", "max-keys", "marker"))
        {
            Prepare = Catalogue.MakeObjects,
        },
        new("list-delimiter", "ListObjects, 1,000 common prefixes over 1,000,000 keys", false, (t, i) => Lists(t, i, "/", "max-keys", "marker"))
        {
            Prepare = Catalogue.MakeObjects,
        },
        new("list-uploads", "ListMultipartUploads, a page of 1,000 of 1,000,000 uploads", false, (t, i) => Lists(t, i, "", "max-uploads", "key-marker"))
        {
            Prepare = Catalogue.MakeUploads,
        },
        new("cold-start", "start of the file to the first 200 of PutObject", false, ColdStart),
        new("memory", "UploadPart, 16 MiB x 256 in flight", false, (t, i) => Parts(t, i.PartFile, Part, 256, 0, i.Count(512))),
        new("memory-1000", "UploadPart, 16 MiB x 1,000 in flight", false, (t, i) => Parts(t, i.PartFile, Part, 1000, 0, i.Count(1000))),
    ];

    // The bucket is there: creating it was the first request of the start.
    static Measurement ColdStart(Target target, Inputs inputs) =>
        Work.RunCold(target, [.. target.Head("PUT", "first", SmallLength), .. inputs.Small]);

    static Measurement Parts(Target target, string file, int length, int connections, int warmingUp, int count)
    {
        var upload = target.IsMoss ? Initiate(target, "object") : "";
        var heads = Enumerable.Range(0, count + warmingUp)
            .Select(n => target.IsMoss
                ? target.Head("PUT", "object", length, ("partNumber", Work.Text((n % ManyParts) + 1)), ("uploadId", upload))
                : target.Head("PUT", $"object-{Work.Text(n)}", length))
            .ToList();
        return Work.RunWarm(target, connections, WarmingUp(target, length, warmingUp), count, (connection, n) =>
        {
            connection.Send(heads[n], file);
            return length;
        });
    }

    // What compiles nothing as it runs needs no more than its files and connections: more would leave it a full page cache to pay for while it is measured.
    static int WarmingUp(Target target, long length, int usual) => target.Name == "nginx" ? (int)((1 << 30) / length) : usual;

    static Measurement Puts(Target target, Inputs inputs)
    {
        const int Length = 1024 * 1024;
        const int ToCompile = 8192;
        var count = inputs.Count(2048);
        var heads = Enumerable.Range(0, count + ToCompile).Select(n => target.Head("PUT", $"object-{Work.Text(n)}", Length)).ToList();
        return Work.RunWarm(target, 8, WarmingUp(target, Length, ToCompile), count, (connection, n) =>
        {
            connection.Send(heads[n], inputs.LargeFile);
            return Length;
        });
    }

    static Measurement Gets(Target target, Inputs inputs)
    {
        const long Length = 1L << 30;
        StoreLarge(target, inputs, Length / Part);
        var head = target.Head("GET", "large", 0);
        return Work.RunWarm(target, 2, WarmingUp(target, Length, usual: 48), inputs.Count(8), (connection, _) => connection.Send(head).Length);
    }

    // The large object: on Moss the parts of an upload, on nginx a file of the same bytes put at once.
    static void StoreLarge(Target target, Inputs inputs, long parts)
    {
        using var connection = new Connection(target.Address);
        if (!target.IsMoss)
        {
            var file = Path.Combine(target.Directory, "root", "bucket", "large");
            using var output = File.Create(file);
            for (var n = 0; n < parts; n++)
            {
                using var input = File.OpenRead(inputs.PartFile);
                input.CopyTo(output);
            }

            return;
        }

        var upload = Initiate(target, "large");
        for (var n = 1; n <= parts; n++)
        {
            connection.Send(target.Head("PUT", "large", Part, ("partNumber", Work.Text(n)), ("uploadId", upload)), inputs.PartFile);
        }

        CompleteAll(target, connection, "large", upload);
    }

    static Measurement SmallPuts(Target target, Inputs inputs, int count)
    {
        var requests = Enumerable.Range(0, count + Work.WarmingUp)
            .Select(n => (byte[])[.. target.Head("PUT", $"small-{Work.Text(n)}", SmallLength), .. inputs.Small])
            .ToList();
        return Work.RunWarm(target, 64, Work.WarmingUp, count, (connection, n) =>
        {
            connection.Send(requests[n]);
            return SmallLength;
        });
    }

    static Measurement SmallGets(Target target, Inputs inputs)
    {
        const int Objects = 1000;
        SmallPuts(target, inputs, Objects);
        var heads = Enumerable.Range(0, Objects).Select(n => target.Head("GET", $"small-{Work.Text(n)}", 0)).ToList();
        return Work.RunWarm(target, 64, Work.WarmingUp, inputs.Count(100_000), (connection, n) => connection.Send(heads[n % Objects]).Length);
    }

    static Measurement Completes(Target target, Inputs inputs)
    {
        using var connection = new Connection(target.Address);
        StoreSource(target, connection);
        const int WarmingUp = 3;
        var count = inputs.Count(5);
        var uploads = Enumerable.Range(0, count + WarmingUp).Select(_ => ManyPartsUpload(target)).ToList();
        var requests = uploads.Select(upload =>
        {
            var lines = string.Concat(Enumerable.Range(1, ManyParts).Select(n =>
                $"<Part><PartNumber>{Work.Text(n)}</PartNumber><ETag>{upload.ETag}</ETag></Part>"));
            var body = System.Text.Encoding.ASCII.GetBytes($"<CompleteMultipartUpload>{lines}</CompleteMultipartUpload>");
            return (byte[])[.. target.Head("POST", "many", body.Length, ("uploadId", upload.Id)), .. body];
        }).ToList();
        return Work.RunWarm(target, 1, WarmingUp, count, (one, n) =>
        {
            one.Send(requests[n]);
            return requests[n].Length;
        });
    }

    static Measurement ListParts(Target target, Inputs inputs)
    {
        using var connection = new Connection(target.Address);
        StoreSource(target, connection);
        var upload = ManyPartsUpload(target);
        var heads = Enumerable.Range(0, 10).Select(page => target.Head(
            "GET", "many", 0, ("uploadId", upload.Id), ("part-number-marker", Work.Text(page * 1000)), ("max-parts", "1000"))).ToList();
        return Work.RunWarm(target, 1, 100, inputs.Count(100) / 10 * 10, (one, n) => one.Send(heads[n % 10]).Length);
    }

    // Pages from everywhere in the bucket; with a delimiter from the start, where all the groups are.
    static Measurement Lists(Target target, Inputs inputs, string delimiter, string limit, string marker)
    {
        var heads = Enumerable.Range(0, 100).Select(page =>
        {
            List<(string Name, string? Value)> query = [(limit, "1000"), ("encoding-type", "url")];
            if (limit == "max-uploads")
            {
                query.Add(("uploads", null));
            }

            query.Add(delimiter.Length > 0
                ? ("delimiter", delimiter)
                : (marker, Catalogue.KeyOf(page * (Catalogue.Rows / 100))));
            return target.BucketHead("GET", "many", [.. query]);
        }).ToList();
        return Work.RunWarm(target, 1, 100, inputs.Count(300), (one, n) => one.Send(heads[n % heads.Count]).Length);
    }

    static void StoreSource(Target target, Connection connection)
    {
        const int Length = 102_400;
        connection.Send([.. target.Head("PUT", "source", Length), .. new byte[Length]]);
    }

    // 10,000 parts of the smallest size that may be completed, each a copy: nothing is moved.
    static (string Id, string ETag) ManyPartsUpload(Target target)
    {
        var upload = Initiate(target, "many");
        var etag = "";
        Work.Run(target, 16, ManyParts, (connection, n) =>
        {
            var answer = connection.Send(target.CopyHead("many", upload, n + 1, "source"));
            if (n == 0)
            {
                etag = Between(answer.Head, "\r\nETag: ", "\r\n").First();
            }

            return 0;
        });
        return (upload, etag);
    }

    static string Initiate(Target target, string key)
    {
        using var connection = new Connection(target.Address);
        var answer = connection.Send(target.Head("POST", key, 0, ("uploads", null)), keepBody: true);
        return Between(answer.Body, "<UploadId>", "</UploadId>").First();
    }

    static void CompleteAll(Target target, Connection connection, string key, string upload)
    {
        var parts = connection.Send(target.Head("GET", key, 0, ("uploadId", upload)), keepBody: true).Body;
        var lines = string.Concat(Between(parts, "<PartNumber>", "<").Zip(Between(parts, "<ETag>", "<")).Select(part =>
            $"<Part><PartNumber>{part.First}</PartNumber><ETag>{part.Second}</ETag></Part>"));
        var body = System.Text.Encoding.ASCII.GetBytes($"<CompleteMultipartUpload>{lines}</CompleteMultipartUpload>");
        connection.Send([.. target.Head("POST", key, body.Length, ("uploadId", upload)), .. body]);
    }

    // What stands between two marks, each time they occur.
    static IEnumerable<string> Between(string text, string before, string after)
    {
        for (var at = text.IndexOf(before, StringComparison.OrdinalIgnoreCase); at >= 0;)
        {
            var start = at + before.Length;
            var end = text.IndexOf(after, start, StringComparison.Ordinal);
            yield return text[start..end];
            at = text.IndexOf(before, end, StringComparison.OrdinalIgnoreCase);
        }
    }
}
