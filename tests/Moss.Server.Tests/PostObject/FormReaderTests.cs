using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Moss.Protocol.Errors;
using Moss.Server.Pipeline;
using Moss.Server.PostObject;
using Moss.Server.Tests.AccessControl;
using Moss.Tests;

namespace Moss.Server.Tests.PostObject;

public sealed class FormReaderTests
{
    static readonly CancellationToken Ct = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(64)]
    [InlineData(100_000)]
    public async Task A_form_reads_the_same_however_its_bytes_arrive(int chunk)
    {
        // Content that looks like delimiters up to the last byte, and a field behind the file.
        var content = Encoding.ASCII.GetBytes($"\r\n--{Form.Boundary[..^1]}\r\n\r\r\n--\r\n-\r\n--{Form.Boundary[..^2]}");
        var bytes = new Form().Field("key", "a/\u00e9.txt").Field("Empty", "").File(content).Field("late", "x").Bytes();

        var (form, body) = await ReadAsync(bytes, chunk);

        Assert.Equal("a/\u00e9.txt", form["KEY"]);
        Assert.Equal("", form["empty"]);
        Assert.Null(form["late"]);
        Assert.Equal("photo.jpg", form.FileName);
        Assert.Equal("image/jpeg", form.FileType);
        Assert.Equal(content, body);
    }

    [Theory]
    [InlineData("form-data; name=file; filename=a.txt", "a.txt")]
    [InlineData("form-data; filename=\"a.txt\"; name=\"file\"", "a.txt")]
    [InlineData("form-data; name=\"file\"; filename=\"D:\\files\\a b.txt\"", "a b.txt")]
    [InlineData("form-data; name=\"file\"; filename=\"/srv/me/a.txt\"", "a.txt")]
    [InlineData("form-data; name=\"file\"; filename=\"say \\\"hi\\\".txt\"", "say \"hi\".txt")]
    [InlineData("form-data; name=\"file\"; filename=\"x.txt\"; filename*=UTF-8''%e6%96%87.txt", "\u6587.txt")]
    [InlineData("form-data; name=\"file\"; filename=\"\u6587.txt\"", "\u6587.txt")]
    [InlineData("form-data; odd; name=\"file\"; filename=\"a.txt\"", "a.txt")]
    [InlineData("form-data; name=\"file\"", "")]
    public async Task The_name_of_a_file_is_read_as_browsers_write_it(string disposition, string name)
    {
        var (form, _) = await ReadAsync(new Form().Part(disposition, null, [1]).Bytes());
        Assert.Equal(name, form.FileName);
    }

    [Fact]
    public async Task A_preamble_padding_and_a_missing_last_line_break_are_taken()
    {
        var text = $"preamble\r\n--{Form.Boundary} \t\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nk\r\n--{Form.Boundary}\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nbody\r\n--{Form.Boundary}--";
        var (form, body) = await ReadAsync(Encoding.ASCII.GetBytes(text), chunk: 5);

        Assert.Equal("k", form["key"]);
        Assert.Equal("body"u8.ToArray(), body);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no delimiter anywhere")]
    [InlineData("--9431149156168")]
    [InlineData("--9431149156168\r\n")]
    [InlineData("--9431149156168x\r\n")]
    [InlineData("--9431149156168\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nk")]
    [InlineData("--9431149156168\r\nno colon\r\n\r\nk\r\n--9431149156168--")]
    [InlineData("--9431149156168\r\nContent-Disposition: form-data; name=\"key\r\n\r\nk\r\n--9431149156168--")]
    [InlineData("--9431149156168\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nno end")]
    [InlineData("--9431149156168\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nbody\r\n--9431149156168?")]
    public async Task A_broken_form_is_refused(string text)
    {
        var refusal = await Assert.ThrowsAsync<OssException>(async () => await ReadAsync(Encoding.ASCII.GetBytes(text)));
        Assert.Equal("MalformedPOSTRequest", refusal.Code);
    }

    [Fact]
    public async Task Every_size_before_the_file_has_a_limit()
    {
        async Task RefusedAsync(string code, Form form) =>
            Assert.Equal(code, (await Assert.ThrowsAsync<OssException>(async () => await ReadAsync(form.Bytes()))).Code);

        await RefusedAsync("FieldItemTooLong", new Form().Field("x", new string('x', FormLimits.MaxFieldValue + 1)).File([]));
        await RefusedAsync("FieldItemTooLong", new Form().Field("x-oss-tagging", new string('x', FormLimits.MaxTagging + 1)).File([]));
        await RefusedAsync("FieldItemTooLong", new Form().Field("Policy", new string('x', FormLimits.MaxPolicy + 1)).File([]));
        await RefusedAsync("FieldItemTooLong", new Form().Field(new string('x', FormLimits.MaxFieldName + 1), "x").File([]));
        await RefusedAsync("MalformedPOSTRequest", new Form().Field(new string('x', FormLimits.MaxPartHeaders), "x").File([]));
        await RefusedAsync("MaxPOSTPreDataLengthExceededError", new Form().Field("policy", new string('x', FormLimits.MaxPolicy)).Field("Policy", new string('y', FormLimits.MaxPolicy)).File([]));
        var many = new Form();
        for (var number = 0; number <= FormLimits.MaxFields; number++)
        {
            many.Field($"f{number}", "");
        }

        await RefusedAsync("MaxPOSTPreDataLengthExceededError", many.File([]));
        await RefusedAsync("IncorrectNumberOfFilesInPOSTRequest", new Form().Field("key", "k"));
        await RefusedAsync("IncorrectNumberOfFilesInPOSTRequest", new Form().File([1]).Field("between", "x").File([2]));
    }

    [Fact]
    public async Task Behind_the_file_only_so_much_is_looked_at()
    {
        var (_, body) = await ReadAsync(new Form().File([1, 2]).Field("x", new string('x', 100_000)).File([3]).Bytes());
        Assert.Equal([1, 2], body);
    }

    [Theory]
    [InlineData(0, 9, "EntityTooLarge")]
    [InlineData(0, 10, "")]
    [InlineData(10, 10, "")]
    [InlineData(11, 20, "EntityTooSmall")]
    public async Task A_file_keeps_to_its_range(long min, long max, string code)
    {
        async Task ReadRangeAsync(int chunk) => await ReadAsync(new Form().File(new byte[10]).Bytes(), chunk, (min, max));

        foreach (var chunk in (int[])[1, 1000])
        {
            if (code.Length == 0)
            {
                await ReadRangeAsync(chunk);
            }
            else
            {
                Assert.Equal(code, (await Assert.ThrowsAsync<OssException>(() => ReadRangeAsync(chunk))).Code);
            }
        }
    }

    [Fact]
    public async Task A_field_that_comes_byte_by_byte_is_not_searched_over_and_over()
    {
        // Searched anew with each byte, half a megabyte would take 137 billion steps.
        var bytes = new Form().Field("policy", new string('\r', 512 * 1024)).File([1]).Bytes();
        var (form, _) = await ReadAsync(bytes, chunk: 1);
        Assert.Equal(512 * 1024, form["policy"]!.Length);
    }

    [Fact]
    public async Task A_form_holds_what_has_come_of_it_and_no_more_than_its_share()
    {
        var share = new FairShare(40_000);
        var form = new Form().Field("policy", new string('x', FormLimits.Uncounted + 19_000)).File([1]).Bytes();
        await ReadAsync(form, share: share);
        Assert.True(share.TryTake("client", 20_000), "what a form held is there again when it is read");
        share.Return("client", 20_000);

        var longer = new Form().Field("policy", new string('x', FormLimits.Uncounted + 20_500)).File([1]).Bytes();
        var refusal = await Assert.ThrowsAsync<OssException>(async () => await ReadAsync(longer, share: share));
        Assert.Equal("ServiceUnavailable", refusal.Code);

        // Ten thousand of what counts have come: so much is held, whatever is still to come.
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        using var memory = new HeldMemory(share, "client");
        var reading = new FormReader(pipe.Reader, Form.Boundary, memory).ReadAsync(Ct);
        await pipe.Writer.WriteAsync(longer.AsMemory(0, FormLimits.Uncounted + 10_000), Ct);
        while (share.TryTake("client", 15_001))
        {
            share.Return("client", 15_001);
            await Task.Delay(1, Ct);
        }

        Assert.True(share.TryTake("client", 10_000));
        await pipe.Writer.CompleteAsync();
        Assert.Equal("MalformedPOSTRequest", (await Assert.ThrowsAsync<OssException>(async () => await reading)).Code);
    }

    [Fact]
    public async Task A_field_is_decoded_once_however_often_a_policy_asks_for_it()
    {
        var (form, _) = await ReadAsync(new Form().Field("policy", new string('x', 1000)).File([1]).Bytes());
        Assert.Same(form["policy"], form["Policy"]);
    }

    [Theory]
    [InlineData(null, "RequestIsNotMultiPartContent")]
    [InlineData("application/x-www-form-urlencoded", "RequestIsNotMultiPartContent")]
    [InlineData("multipart/form-data", "MalformedPOSTRequest")]
    [InlineData("multipart/form-data; boundary=", "MalformedPOSTRequest")]
    public void A_request_without_a_boundary_is_no_form(string? type, string code) =>
        Assert.Equal(code, Assert.Throws<OssException>(() => FormReader.BoundaryOf(type)).Code);

    [Fact]
    public void A_boundary_may_be_quoted() => Assert.Equal("a b", FormReader.BoundaryOf("Multipart/Form-Data; charset=utf-8; Boundary=\"a b\""));

    [Fact]
    [Trait("Kind", "Fuzzing")]
    public async Task Whatever_the_bytes_are_they_are_read_or_refused()
    {
        var seed = Fuzzing.Seed(4711);
        var random = new Random(seed);
        byte[][] corpus =
        [
            new Form().Field("key", "k").Field("policy", "eyJ9").File([1, 2, 3]).Bytes(),
            new Form().Field("x-oss-meta-a", "b").File(Encoding.ASCII.GetBytes($"\r\n--{Form.Boundary[..5]}"), "x\\y\".txt", null).Field("late", "x").Bytes(),
        ];
        var read = 0;
        foreach (var round in Fuzzing.Rounds(5000))
        {
            var bytes = Mutation.Of(corpus[random.Next(corpus.Length)], corpus, random);
            try
            {
                await ReadAsync(bytes, random.Next(1, 50));
                read++;
            }
            catch (OssException refusal)
            {
                Assert.True(refusal.Status == 400, $"seed {seed}, round {round}: {refusal.Code}");
            }
        }

        Assert.True(read > 1000, $"only {read} were read");
    }

    static async Task<(PostForm Form, byte[] Body)> ReadAsync(byte[] bytes, int chunk = 4096, (long, long)? range = null, FairShare? share = null)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 64 * 1024, useSynchronizationContext: false));
        var writing = Task.Run(
            async () =>
            {
                for (var at = 0; at < bytes.Length; at += chunk)
                {
                    var end = Math.Min(bytes.Length, at + chunk);
                    if ((await pipe.Writer.WriteAsync(bytes.AsMemory(at..end), Ct)).IsCompleted)
                    {
                        return;
                    }
                }

                await pipe.Writer.CompleteAsync();
            },
            Ct);
        try
        {
            using var memory = new HeldMemory(share ?? new FairShare(FormLimits.MaxMemory), "client");
            var (form, file) = await new FormReader(pipe.Reader, Form.Boundary, memory).ReadAsync(Ct);
            file.Range = range ?? file.Range;
            return (form, await DrainAsync(file));
        }
        finally
        {
            await pipe.Reader.CompleteAsync();
            await writing;
        }
    }

    // As the storage reads: the head first, left where it is, then block by block.
    static async Task<byte[]> DrainAsync(FilePart file)
    {
        var body = new ArrayBufferWriter<byte>();
        var result = await file.ReadAtLeastAsync(20, Ct);
        while (true)
        {
            foreach (var segment in result.Buffer)
            {
                body.Write(segment.Span);
            }

            file.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return body.WrittenSpan.ToArray();
            }

            result = await file.ReadAsync(Ct);
        }
    }
}
