using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Storage.Lifecycle;

namespace Moss.Crash;

/// <summary>
/// An operation that the process dies in: the state before it, the operation, and how to tell afterwards whether it took place. A state that is
/// neither before nor after is a broken promise.
/// </summary>
public sealed record Scenario(string Name, Func<Store, Task> PrepareAsync, Func<Store, Task> RunAsync, Func<Store, Task<string>> OutcomeAsync)
{
    /// <summary>Larger than an inline body.</summary>
    const int Large = 150_000;

    /// <summary>Longer than a writer gathers: it is made durable while the end of it is still hashed.</summary>
    const int Long = 600_000;

    const string Before = "before";
    const string After = "after";

    static readonly byte[] Old = Store.Bytes(1, Large);
    static readonly byte[] New = Store.Bytes(2, Large + 1);
    static readonly byte[] NewLong = Store.Bytes(4, Long);
    static readonly byte[] Small = Store.Bytes(3, 100);

    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("PutObject (new)", BucketAsync, s => s.PutAsync("k", New), s => StateAsync(s, null, New)),
        new("PutObject (overwrite)", WithOldAsync, s => s.PutAsync("k", New), s => StateAsync(s, Old, New)),
        new("PutObject (inline)", WithOldAsync, s => s.PutAsync("k", Small), s => StateAsync(s, Old, Small)),
        new("UploadPart", WithUploadAsync, s => PartAsync(s, 2, New), s => PartStateAsync(s, 2, null, New.Length)),
        new("UploadPart (again)", WithUploadAsync, s => PartAsync(s, 1, New), s => PartStateAsync(s, 1, Old.Length, New.Length)),
        new("UploadPart (long)", WithUploadAsync, s => PartAsync(s, 1, NewLong), s => PartStateAsync(s, 1, Old.Length, NewLong.Length)),
        new("UploadPartCopy", WithUploadAsync, CopyPartAsync, s => PartStateAsync(s, 2, null, 50_000)),
        new("CompleteMultipartUpload", WithUploadAsync, CompleteAsync, CompleteStateAsync),
        new("AbortMultipartUpload", WithUploadAsync, AbortAsync, AbortStateAsync),
        new("CopyObject", WithOldAsync, CopyAsync, s => StateAsync(s, null, Old, "copy")),
        new("AppendObject", WithAppendableAsync, s => AppendAsync(s, Old.Length, New), s => StateAsync(s, Old, [.. Old, .. New])),
        new("DeleteObject", WithOldAsync, DeleteAsync, s => StateAsync(s, Old, null)),
        new("lifecycle run", WithRulesAsync, RunRulesAsync, RulesStateAsync),
        new("sweep", WithGarbageAsync, s => s.Service.Sweeper.SweepAsync(default), s => StateAsync(s, New, New)),
    ];

    static async Task BucketAsync(Store store) =>
        await store.Service.Buckets.PutAsync(Store.Bucket, new() { OwnerId = "1" }, default);

    static async Task WithOldAsync(Store store)
    {
        await BucketAsync(store);
        await store.PutAsync("k", Old);
    }

    static async Task WithAppendableAsync(Store store)
    {
        await BucketAsync(store);
        await AppendAsync(store, 0, Old);
    }

    static async Task WithGarbageAsync(Store store)
    {
        await WithOldAsync(store);
        await CopyAsync(store);
        await store.PutAsync("k", New);
        await store.Service.Objects.DeleteAsync(Store.Bucket, [(Store.Key("copy"), null)], default);
    }

    static async Task WithUploadAsync(Store store)
    {
        await WithOldAsync(store);
        await store.Service.Uploads.InitiateAsync(Store.Bucket, Store.Key("u"), new(), default);
        await PartAsync(store, 1, Old);
        await PartAsync(store, 9, Small);
    }

    static async Task WithRulesAsync(Store store)
    {
        await WithUploadAsync(store);
        await CopyAsync(store);
        var rules = new LifecycleConfiguration(
        [
            new() { Id = "1", Prefix = "k", Expiration = new() { Days = 1 } },
            new() { Id = "2", AbortMultipartUpload = new() { Days = 1 } },
        ]);
        await store.Service.Buckets.PutConfigurationAsync(
            Store.Bucket, LifecycleRunner.ConfigurationName, XmlDocuments.ToUtf8(rules), default);
    }

    static Task<LifecycleTotals> RunRulesAsync(Store store) => store.Service.Lifecycle.RunAsync(
        TimeProvider.System.GetUtcNow().AddDays(3), (_, failure) => throw failure, default);

    // Uploads go first. Wherever it died, the next run does what is left, and nothing else.
    static async Task<string> RulesStateAsync(Store store)
    {
        var (found, upload) = (await store.GetAsync("k"), await UploadAsync(store));
        await RunRulesAsync(store);
        return await store.GetAsync("k") is not null || await UploadAsync(store) is not null ? "neither: the next run left something"
            : !Same(await store.GetAsync("copy"), Old) ? "neither: the copy is harmed"
            : found is null ? (upload is null ? After : "neither: the upload outlived the object")
            : Same(found, Old) ? Before : "neither: the object is harmed";
    }

    // The only open upload; after a Complete or Abort there is none.
    static async Task<UploadId?> UploadAsync(Store store)
    {
        var page = await store.Service.Listings.UploadsAsync(Store.Bucket, new() { MaxEntries = 2 }, default);
        return page.Items.Count == 0 ? null : page.Items[0].Id;
    }

    static async Task PartAsync(Store store, int number, byte[] body) =>
        await store.Service.Uploads.UploadPartAsync(
            Store.Bucket, Store.Key("u"), (await UploadAsync(store))!.Value, PartNumber.Of(number),
            new() { Length = body.Length }, Store.Pipe(body), default);

    static async Task CopyPartAsync(Store store) =>
        await store.Service.Uploads.CopyPartAsync(
            Store.Bucket, Store.Key("u"), (await UploadAsync(store))!.Value, PartNumber.Of(2),
            new(new(Store.Bucket, Store.Key("k"), null), 70_000, 119_999), default);

    static async Task CompleteAsync(Store store) =>
        await store.Service.Uploads.CompleteAsync(
            Store.Bucket, Store.Key("u"), (await UploadAsync(store))!.Value, new() { Parts = null }, default);

    static async Task AbortAsync(Store store) =>
        await store.Service.Uploads.AbortAsync(Store.Bucket, Store.Key("u"), (await UploadAsync(store))!.Value, default);

    static async Task CopyAsync(Store store) =>
        await store.Service.Objects.CopyAsync(
            Store.Bucket, Store.Key("copy"), new() { Source = new(Store.Bucket, Store.Key("k"), null) }, default);

    static async Task AppendAsync(Store store, long position, byte[] body) =>
        await store.Service.Appends.AppendAsync(
            Store.Bucket, Store.Key("k"), position, new() { Body = new() { Length = body.Length } }, Store.Pipe(body), default);

    static async Task DeleteAsync(Store store) =>
        await store.Service.Objects.DeleteAsync(Store.Bucket, [(Store.Key("k"), null)], default);

    static async Task<string> StateAsync(Store store, byte[]? before, byte[]? after, string key = "k")
    {
        var found = await store.GetAsync(key);
        return Same(found, after) ? After : Same(found, before) ? Before : $"neither: {found?.Length.ToString() ?? "none"}";
    }

    static bool Same(byte[]? left, byte[]? right) =>
        (left is null && right is null) || (left is not null && right is not null && left.AsSpan().SequenceEqual(right));

    static async Task<string> PartStateAsync(Store store, int number, long? before, long after)
    {
        if (await UploadAsync(store) is not { } upload)
        {
            return "neither: the upload is gone";
        }

        var page = await store.Service.Uploads.ListPartsAsync(Store.Bucket, Store.Key("u"), upload, 0, 1000, default);
        var part = page.Parts.FirstOrDefault(p => p.Number.Value == number);
        return part?.Size == after ? After : part?.Size == before ? Before : $"neither: {part?.Size.ToString() ?? "none"}";
    }

    // Before: the upload is open with all of its parts and no object is there. After: the object is whole and the repeated request agrees.
    static async Task<string> CompleteStateAsync(Store store)
    {
        var found = await store.GetAsync("u");
        if (await UploadAsync(store) is { } upload)
        {
            await CompleteAsync(store);
            return found is null && Same(await store.GetAsync("u"), [.. Old, .. Small]) ? Before : $"neither: {upload}";
        }

        return Same(found, [.. Old, .. Small]) ? After : "neither: no upload and no object";
    }

    static async Task<string> AbortStateAsync(Store store)
    {
        if (await store.GetAsync("u") is not null)
        {
            return "neither: an object appeared";
        }

        if (await UploadAsync(store) is null)
        {
            return After;
        }

        await CompleteAsync(store);
        return Same(await store.GetAsync("u"), [.. Old, .. Small]) ? Before : "neither: parts are missing";
    }
}
