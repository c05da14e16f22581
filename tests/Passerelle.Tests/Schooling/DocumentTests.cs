using Grpc.Core;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Privacy.V1;
using Passerelle.Contracts.Schooling.V1;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Schooling;

public sealed class DocumentTests(Postgres postgres)
{
    const int MaxSize = 10 * 1024 * 1024;
    static readonly byte[] content = School.Pdf("UN");

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64 * 1024)]
    [InlineData(1024 * 1024)]
    public async Task What_was_uploaded_comes_down_the_same_however_it_was_cut(int chunk)
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        byte[] large = [.. School.Pdf("GRAND"), .. Enumerable.Range(0, chunk * 3 + 1).Select(i => (byte)(i * 31))];
        var announced = School.DocumentOf(household.Child, large, Document.Types.Kind.SchoolReport);

        var uploaded = await School.UploadAsync(hub, [School.Header(announced), .. large.Chunk(chunk).Select(School.Chunk)]);

        var (document, downloaded) = await School.DownloadAsync(hub, "crm", uploaded.Name);
        Assert.Equal(large, downloaded);
        announced.Name = uploaded.Name;
        announced.CreateTime = uploaded.CreateTime;
        Assert.Equal(announced, document);
    }

    [Fact]
    public async Task A_document_of_the_largest_size_is_taken()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var largest = new byte[MaxSize];
        content.CopyTo(largest, 0);

        var name = await School.UploadAsync(hub, household.Child, largest);

        Assert.True((await School.DownloadAsync(hub, "crm", name)).Content.AsSpan().SequenceEqual(largest));
    }

    [Theory]
    [InlineData("application/pdf", "255044462D")]
    [InlineData("image/jpeg", "FFD8FF")]
    [InlineData("image/png", "89504E470D0A1A0A")]
    public async Task The_content_must_begin_as_its_media_type_does(string mediaType, string signature)
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var right = Convert.FromHexString(signature);
        var taken = School.DocumentOf(household.Child, right);
        taken.MediaType = mediaType;
        Assert.StartsWith("documents/", (await School.UploadAsync(hub, School.Header(taken), School.Chunk(right))).Name, StringComparison.Ordinal);

        foreach (var wrong in new[] { right[..^1], [.. right[..^1], (byte)(right[^1] ^ 1)], [0x20, .. right] })
        {
            var refused = School.DocumentOf(household.Child, wrong);
            refused.MediaType = mediaType;
            var error = await RefusedAsync(hub, ErrorReason.FieldInvalid, StatusCode.InvalidArgument, School.Header(refused), School.Chunk(wrong));
            Assert.Equal(["header.document.media_type"], error.Fields);
        }
    }

    [Fact]
    public async Task Bytes_that_are_not_those_announced_are_refused()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var header = School.Header(School.DocumentOf(household.Child, content));

        await MismatchAsync(header);
        await MismatchAsync(header, School.Chunk(content[..^1]));
        await MismatchAsync(header, School.Chunk(content), School.Chunk([0]));
        for (var i = 0; i < content.Length; i += 5)
        {
            var damaged = content.ToArray();
            damaged[i] ^= 1;
            await MismatchAsync(header, School.Chunk(damaged));
        }

        Task MismatchAsync(params UploadDocumentRequest[] messages) => RefusedAsync(hub, ErrorReason.DocumentChecksumMismatch, StatusCode.InvalidArgument, messages);
    }

    [Fact]
    public async Task A_document_that_is_too_large_is_refused_when_it_is_announced_and_when_it_comes()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var (announced, come) = (School.DocumentOf(household.Child, content), School.DocumentOf(household.Child, content));
        (announced.SizeBytes, come.SizeBytes) = (MaxSize + 1, MaxSize);

        var early = await RefusedAsync(hub, ErrorReason.TooLarge, StatusCode.ResourceExhausted, School.Header(announced), School.Chunk(content));
        Assert.Equal("10485760", early.Metadata["limit"]);
        await RefusedAsync(hub, ErrorReason.TooLarge, StatusCode.ResourceExhausted, [School.Header(come), .. Enumerable.Range(0, 11).Select(_ => School.Chunk(new byte[1024 * 1024]))]);
        // A message beyond what the hub reads at all.
        var message = await RefusedAsync(hub, ErrorReason.TooLarge, StatusCode.ResourceExhausted, School.Header(come), School.Chunk(new byte[5 * 1024 * 1024]));
        Assert.Equal("4194304", message.Metadata["limit"]);
    }

    [Fact]
    public async Task A_stream_is_a_header_and_then_chunks()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var header = School.Header(School.DocumentOf(household.Child, content));

        await MalformedAsync();
        await MalformedAsync(School.Chunk(content));
        await MalformedAsync(new UploadDocumentRequest());
        await MalformedAsync(header, header, School.Chunk(content));
        await MalformedAsync(header, School.Chunk(content), header);
        await MalformedAsync(header, new UploadDocumentRequest(), School.Chunk(content));
        foreach (var chunk in new byte[][] { [], new byte[1024 * 1024 + 1] })
            Assert.Equal(["chunk"], (await RefusedAsync(hub, ErrorReason.FieldInvalid, StatusCode.InvalidArgument, header, School.Chunk(chunk))).Fields);

        Task MalformedAsync(params UploadDocumentRequest[] messages) => RefusedAsync(hub, ErrorReason.StreamMalformed, StatusCode.InvalidArgument, messages);
    }

    [Fact]
    public async Task Whatever_is_wrong_with_a_header_is_said_at_once_and_before_the_bytes()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        string[] required = ["header.request_id", "header.document.person", "header.document.kind", "header.document.file_name", "header.document.media_type", "header.document.size_bytes", "header.document.sha256"];

        Assert.Equal(required, await FieldsAsync(new() { Header = new() }));
        Assert.Equal(required, await FieldsAsync(new() { Header = new() { Document = new() } }));
        Assert.Equal(["header.document.size_bytes"], await FieldsAsync(School.Header(School.DocumentOf(household.Child, []))));
        var output = School.DocumentOf(household.Child, content);
        (output.Name, output.CreateTime) = ($"documents/{Household.NewId()}", new());
        Assert.Equal(["header.document.name", "header.document.create_time"], await FieldsAsync(School.Header(output)));
        foreach (var path in new[] { "../livret.pdf", "/etc/livret.pdf", @"C:\livret.pdf", @"..\livret.pdf", "C:livret.pdf", ".", "..", "livret.pdf\0.exe", "a\nb.pdf", new string('x', 201), " " })
        {
            var named = School.DocumentOf(household.Child, content);
            named.FileName = path;
            Assert.Equal(["header.document.file_name"], (await FieldsAsync(School.Header(named))).Distinct());
        }

        async Task<IReadOnlyList<string>> FieldsAsync(UploadDocumentRequest header) => (await RefusedAsync(hub, ErrorReason.FieldInvalid, StatusCode.InvalidArgument, header)).Fields;
    }

    [Fact]
    public async Task Nobody_has_no_documents()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await RefusedAsync(hub, ErrorReason.ResourceNotFound, StatusCode.NotFound, School.Header(School.DocumentOf($"persons/{Household.NewId()}", content)), School.Chunk(content));
        await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => School.DownloadAsync(hub, "crm", $"documents/{Household.NewId()}"));
        await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => School.DownloadAsync(hub, "crm", "documents/x"));
    }

    [Fact]
    public async Task An_equal_repeat_of_the_whole_stream_is_one_document_and_an_unequal_one_is_refused()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var header = School.Header(School.DocumentOf(household.Child, content));
        var tries = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => School.UploadAsync(hub, header, School.Chunk(content))));
        Assert.Single(tries.Distinct());

        // Cut otherwise it is still the same document.
        var before = await hub.DumpAsync();
        Assert.Equal(tries[0], await School.UploadAsync(hub, [header, .. content.Chunk(3).Select(School.Chunk)]));
        Assert.Equal(before, await hub.DumpAsync());

        var other = School.Pdf("AUTRE");
        await RefusedAsync(hub, ErrorReason.RequestIdReused, StatusCode.AlreadyExists, School.Header(School.DocumentOf(household.Child, other), header.Header.RequestId), School.Chunk(other));
        await RefusedAsync(hub, ErrorReason.DocumentChecksumMismatch, StatusCode.InvalidArgument, header, School.Chunk(other));
        await RefusedAsync(hub, ErrorReason.RequestIdReused, StatusCode.AlreadyExists,
            School.Header(School.DocumentOf(household.Child, content, Document.Types.Kind.Other), header.Header.RequestId), School.Chunk(content));
    }

    [Fact]
    public async Task A_schools_download_is_in_the_register_before_its_first_byte_leaves_and_our_own_is_not()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var name = await School.UploadAsync(hub, household.Child, content);
        var enrolment = await School.EnrolAsync(hub, household.Child, name);
        await School.ReceiveAsync(hub);
        string[] accessLog = ["audit.access_entries", "public.chains"];
        var before = await hub.DumpAsync(accessLog);
        await School.DownloadAsync(hub, "crm", name);
        Assert.Equal(before, await hub.DumpAsync(accessLog));

        // A school that hangs up after the header has had it all the same.
        using (var call = new DocumentService.DocumentServiceClient(hub.As("ecole")).DownloadDocument(new() { Name = name }))
        {
            Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            Assert.Equal((enrolment.Exchange, "document"), await LastDisclosureAsync());
        }

        async Task<(string Exchange, string Category)> LastDisclosureAsync()
        {
            var register = await new DisclosureService.DisclosureServiceClient(hub.As("crm")).ListDisclosuresAsync(new() { Person = household.Child, PageSize = 1 });
            return (register.Disclosures[0].Exchange, register.Disclosures[0].Category);
        }
    }

    [Fact]
    public async Task A_content_put_in_another_documents_place_does_not_open_and_is_not_disclosed()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        hub.ExpectedErrors = text => text.Contains("DownloadDocument failed", StringComparison.Ordinal);
        var household = await Household.OpenAsync(hub);
        var names = new[] { await School.UploadAsync(hub, household.Child, content), await School.UploadAsync(hub, household.Child, School.Pdf("DEUX")) };
        await School.EnrolAsync(hub, household.Child, names);
        await School.ReceiveAsync(hub);
        await hub.ExecuteAsync("update document_contents c set content = o.content from document_contents o where o.document_id <> c.document_id");
        var before = await hub.DumpAsync();

        foreach (var name in names)
            foreach (var caller in new[] { "crm", "ecole" })
                await HubError.OfAsync(ErrorReason.Internal, StatusCode.Internal, () => School.DownloadAsync(hub, caller, name));
        Assert.Equal(before, await hub.DumpAsync());
    }

    static Task<HubError> RefusedAsync(HubHost hub, ErrorReason reason, StatusCode code, params IEnumerable<UploadDocumentRequest> messages) =>
        School.RefusedAsync(hub, reason, code, () => School.UploadAsync(hub, messages));
}
