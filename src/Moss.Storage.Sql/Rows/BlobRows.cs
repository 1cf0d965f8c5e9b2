using Moss.Storage.Blobs;
using Moss.Storage.Metadata;
using Moss.Storage.Sql.Sessions;

namespace Moss.Storage.Sql.Rows;

/// <summary>Every blob has a narrow row; the bytes of inline ones stand in a table of their own, so that a scan never passes over them.</summary>
sealed class BlobRows(SqlSession session) : IBlobRows
{
    /// <summary>How many ids one statement asks about.</summary>
    const int Batch = 64;

    static readonly SqlStatement Insert = new("INSERT INTO blob (id, length, crc64, md5, refs) VALUES ($1, $2, $3, $4, 1)");

    static readonly SqlStatement Find = new("SELECT length, crc64, md5 FROM blob WHERE id = $1");

    static readonly SqlStatement InsertInline = new("INSERT INTO inline_body (id, body) VALUES ($1, $2)");

    static readonly SqlStatement ReadInline = new("SELECT body FROM inline_body WHERE id = $1");

    static readonly SqlStatement AddReference = new("UPDATE blob SET refs = refs + 1 WHERE id = $1");

    // The update comes before the look at its result: it takes the row's lock, so that of two that drop at once one sees the last.
    static readonly SqlStatement DropReference = new("UPDATE blob SET refs = refs - 1 WHERE id = $1 RETURNING refs");

    static readonly SqlStatement Delete = new("DELETE FROM blob WHERE id = $1");

    static readonly SqlStatement DeleteInline = new("DELETE FROM inline_body WHERE id = $1");

    static readonly SqlStatement FindUnknown = new(
        $"""
        SELECT asked.column1 FROM (VALUES {string.Join(", ", Enumerable.Range(1, Batch).Select(i => $"(${i})"))}) AS asked
        WHERE NOT EXISTS (SELECT 1 FROM blob WHERE blob.id = asked.column1)
        """);

    public async ValueTask AddAsync(BlobRecord blob, byte[]? inline)
    {
        await Add(session.Command(Insert), blob.Id)
            .Add(blob.Length).Add(unchecked((long)blob.Crc64)).Add(blob.Md5).PostAsync();
        if (inline is not null)
        {
            await Add(session.Command(InsertInline), blob.Id).AddStable(inline).PostAsync();
        }
    }

    public ValueTask<BlobRecord?> FindAsync(BlobId id) => Add(session.Command(Find), id).FirstAsync(
        row => new BlobRecord(id, Length: row.Int64(0), unchecked((ulong)row.Int64(1)), row.Bytes(2)));

    public async ValueTask<byte[]?> ReadInlineAsync(BlobId id) =>
        await Add(session.Command(ReadInline), id).FirstAsync(row => row.Bytes(0));

    public async ValueTask<bool> AddReferenceAsync(BlobId id) =>
        await Add(session.Command(AddReference), id).ExecuteAsync() > 0;

    public async ValueTask<bool> DropReferenceAsync(BlobId id)
    {
        if (await Add(session.Command(DropReference), id).NumberAsync() is not <= 0)
        {
            return false;
        }

        await Add(session.Command(Delete), id).PostAsync();
        if (id.IsInline)
        {
            await Add(session.Command(DeleteInline), id).PostAsync();
        }

        return true;
    }

    public async ValueTask<IReadOnlyList<BlobId>> FindUnknownAsync(IReadOnlyList<BlobId> ids)
    {
        var unknown = new HashSet<BlobId>();
        for (var start = 0; start < ids.Count; start += Batch)
        {
            // The last statement's free places repeat its last id.
            var command = session.Command(FindUnknown);
            for (var i = start; i < start + Batch; i++)
            {
                Add(command, ids[Math.Min(i, ids.Count - 1)]);
            }

            unknown.UnionWith(await command.ListAsync(row => BlobId.Read(row.Span(0))));
        }

        return [.. unknown];
    }

    static SqlCommand Add(SqlCommand command, BlobId id)
    {
        Span<byte> bytes = stackalloc byte[BlobId.Size];
        id.Write(bytes);
        return command.Add(bytes);
    }
}
