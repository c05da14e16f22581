using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Privacy;
using Passerelle.Tests.Architecture;
using Passerelle.Tests.Contracts;
using Passerelle.Tests.Contracts.Rules;
using Passerelle.Tests.Housing.Visits;
using Passerelle.Tests.Schooling;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Privacy;

/// <summary>Everything personal is sealed with the key of the person it is about, in its own place: seen from the contract, from the model, and from the rows.</summary>
public sealed class SealedColumnsTests(Postgres postgres)
{
    /// <summary>Bytes that are not sealed with a person's key. See PERSONAL.md for what they are.</summary>
    static readonly string[] otherBytes =
    [
        "attempts.sha256", "audit.access_entries.hash", "certificate_keys.public_key", "chains.hash", "consent_entries.hash", "credentials.hash", "import_reports.sha256", "listings.content_hash", "offers.content_hash", "request_ids.digest", "request_ids.response", "signing_keys.public_key",
        "vault.person_lookups.token",
    ];

    /// <summary>Where what the contract calls personal comes to rest. Composed: for each attempt, from what rests elsewhere. Nowhere: it is looked for by its token.</summary>
    static readonly Dictionary<string, string> restsIn = new()
    {
        ["passerelle.cases.v1.Person.*"] = "persons.profile",
        ["passerelle.cases.v1.FileRequestRequest.text"] = "requests.text",
        ["passerelle.cases.v1.GetRequestResponse.text"] = "requests.text",
        ["passerelle.cases.v1.AnswerRequestRequest.text"] = "requests.answer_text",
        ["passerelle.cases.v1.GetRequestResponse.answer_text"] = "requests.answer_text",
        ["passerelle.cases.v1.FindPersonsRequest.*"] = "nowhere",
        ["passerelle.employment.v1.AttachCvRequest.json_resume"] = "cvs.content",
        ["passerelle.employment.v1.ReferralFile.*"] = "composed",
        ["passerelle.employment.v1.CreateReferralRequest.introduction"] = "referrals.introduction",
        ["passerelle.employment.v1.GetReferralResponse.introduction"] = "referrals.introduction",
        ["passerelle.employment.v1.GetReferralResponse.answer_message"] = "referrals.answer_message",
        ["passerelle.employment.v1.AnswerReferralRequest.Interested.message"] = "referrals.answer_message",
        ["passerelle.employment.v1.AnswerReferralRequest.Declined.message"] = "referrals.answer_message",
        ["passerelle.schooling.v1.Document.file_name"] = "documents.file_name",
        ["passerelle.schooling.v1.UploadDocumentRequest.chunk"] = "document_contents.content",
        ["passerelle.schooling.v1.DownloadDocumentResponse.chunk"] = "document_contents.content",
        ["passerelle.schooling.v1.EnrolmentFile.*"] = "composed",
        ["passerelle.schooling.v1.EnrolmentFile.Pupil.*"] = "composed",
        ["passerelle.schooling.v1.EnrolmentFile.Guardian.*"] = "composed",
        ["passerelle.schooling.v1.CreateEnrolmentRequest.previous_school"] = "enrolments.previous_school",
        ["passerelle.schooling.v1.GetEnrolmentResponse.answer_message"] = "enrolments.answer_message",
        ["passerelle.schooling.v1.AnswerEnrolmentRequest.Accepted.message"] = "enrolments.answer_message",
        ["passerelle.schooling.v1.AnswerEnrolmentRequest.Refused.message"] = "enrolments.answer_message",
        ["passerelle.schooling.v1.AnswerEnrolmentRequest.DocumentsMissing.message"] = "enrolments.answer_message",
        ["passerelle.housing.v1.VisitBase.*"] = "visit_days.base",
        ["passerelle.housing.v1.MapPoint.*"] = "visit_days.base",
        ["passerelle.housing.v1.GetVisitDayResponse.base"] = "visit_days.base",
        ["passerelle.housing.v1.GetVisitDayResponse.AnswerMessage.message"] = "visit_requests.answer_message",
        ["passerelle.housing.v1.GetVisitDayCalendarResponse.calendar"] = "composed",
        ["passerelle.housing.v1.GetVisitDaySheetResponse.html"] = "composed",
        ["passerelle.housing.v1.VisitRequestFile.*"] = "composed",
        ["passerelle.housing.v1.AnswerVisitRequestRequest.Accepted.message"] = "visit_requests.answer_message",
        ["passerelle.housing.v1.AnswerVisitRequestRequest.Proposed.message"] = "visit_requests.answer_message",
        ["passerelle.housing.v1.AnswerVisitRequestRequest.Refused.message"] = "visit_requests.answer_message",
        ["passerelle.exchanges.v1.Envelope.payload"] = "composed",
        ["passerelle.privacy.v1.DownloadPersonArchiveResponse.chunk"] = "composed",
    };

    /// <summary>Sealed beyond what the contract calls personal: a document could be recognised by it.</summary>
    static readonly string[] sealedToo = ["documents.sha256"];

    [Fact]
    public async Task Every_personal_field_of_the_contract_comes_to_rest_in_a_sealed_column()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var columns = await ColumnsAsync(hub);
        Findings.None(
            from field in Contract.Current.Fields
            where field.IsPersonal()
            let place = restsIn.GetValueOrDefault(field.FullName) ?? restsIn.GetValueOrDefault($"{field.ContainingType.FullName}.*")
            where place is null || (place is not ("composed" or "nowhere") && !columns.Exists(c => c.Name == place))
            select $"{field.FullName} is personal, and {(place is null ? "nobody has said where it rests" : $"{place} is no sealed column")}");
        Assert.Equal(columns.Select(c => c.Name).Order(StringComparer.Ordinal), restsIn.Values.Concat(sealedToo).Except(["composed", "nowhere"]).Distinct().Order(StringComparer.Ordinal));
    }

    /// <summary>Each value of each sealed column, against the keys of all persons, all columns and all rows.</summary>
    [Fact]
    public async Task Every_sealed_value_opens_with_its_persons_key_in_its_own_column_and_row_and_nowhere_else()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.SeeHomeAsync((await WholeHousehold.OpenAsync(hub)).Household);
        await hub.SeeHomeAsync((await WholeHousehold.OpenAsync(hub)).Household);
        var columns = await ColumnsAsync(hub);
        var ciphers = await CiphersAsync(hub);
        Assert.Equal(6, ciphers.Count);
        foreach (var column in columns)
        {
            var rows = await RowsAsync(hub, column);
            Assert.True(rows.Count > 1, $"{column.Name} is empty: the household of this test has to fill it.");
            foreach (var (id, value) in rows)
            {
                var opens = from cipher in ciphers from place in columns from row in rows where Opens(cipher.Value, value, place.Name, row.Id) is not null select (cipher.Key, place.Name, row.Id);
                var (person, name, own) = Assert.Single(opens);
                Assert.Equal((column.Name, id), (name, own));
                var plain = Opens(ciphers[person], value, name, own)!;
                if (!sealedToo.Contains(name)) Assert.True(Marker.IsIn(Encoding.UTF8.GetString(plain)), $"{name} is sealed, and holds something else than what was given.");
            }
        }
    }

    [Fact]
    public async Task No_table_shows_a_marker_as_text_or_bytes()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.SeeHomeAsync((await WholeHousehold.OpenAsync(hub)).Household);
        var dump = await hub.DumpAsync();
        Assert.Contains("vault.person_keys ", dump);
        Assert.False(Marker.IsIn(dump), "A marker is readable in the database.");
        // What is too short to be a marker, and is personal all the same.
        string[] personal =
            ["exemple.invalid", "+33 2 31 00 00 00", "33231000000", Convert.ToHexStringLower("33231000000"u8), Convert.ToHexStringLower(SHA256.HashData(School.Pdf("LIVRET")))];
        foreach (var text in personal)
            Assert.DoesNotContain(text, dump);
    }

    /// <summary>A request's digest could be tried out against names, if it were not under a key.</summary>
    [Fact]
    public async Task A_requests_digest_is_not_that_of_its_bytes()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var request = new FileRequestRequest { RequestId = Household.NewId(), Case = household.Case, Person = household.FirstAdult, Need = Need.Housing, Text = Marker.Of("DEMANDE") };
        await new RequestService.RequestServiceClient(hub.As("crm")).FileRequestAsync(request);
        var digest = Convert.ToHexStringLower(SHA256.HashData(request.ToByteArray()));
        Assert.DoesNotContain(digest, await hub.DumpAsync());
    }

    /// <summary>One place seals, one place holds the master keys.</summary>
    [Fact]
    public void Nothing_is_sealed_but_by_the_vault_and_the_master_keys()
    {
        var types = Layers.Types(System.Reflection.Assembly.Load("passerelle-hub"));
        Assert.Equal(["Passerelle.Hub.Platform.Sealed"], Users("System.Security.Cryptography.AesGcm"));
        Assert.Equal(["Passerelle.Hub.Platform.MasterKeys", "Passerelle.Hub.Privacy.PersonCipher"], Users("Passerelle.Hub.Platform.Sealed"));

        IEnumerable<string> Users(string used) =>
            types.Where(t => t.Dependencies.Any(d => d.Target.FullName == used)).Select(t => Layers.Outermost(t.FullName)).Where(t => t != used).Distinct().Order(StringComparer.Ordinal);
    }

    sealed record Column(string Table, string Short, string Key)
    {
        public string Name => $"{Table}.{Short}";
    }

    /// <summary>Every column of bytes of the model, but for those that are known to be something else.</summary>
    static Task<List<Column>> ColumnsAsync(HubHost hub) => hub.QueryAsync(db =>
    {
        var wrapped = hub.Services.GetServices<MasterSealed>().Select(c => $"{c.Table}.{c.Column}").ToHashSet();
        var all = db.Model.GetEntityTypes().SelectMany(e => e.GetProperties().Where(p => p.ClrType == typeof(byte[]))
            .Select(p => new Column(e.GetSchemaQualifiedTableName()!, p.GetColumnName(), string.Join(',', e.FindPrimaryKey()!.Properties.Select(k => k.GetColumnName())))));
        return Task.FromResult(all.Where(c => !wrapped.Contains(c.Name) && !otherBytes.Contains(c.Name)).ToList());
    });

    static async Task<List<(Guid Id, byte[] Value)>> RowsAsync(HubHost hub, Column column)
    {
        await using var command = hub.Source.CreateCommand($"select {column.Key}, {column.Short} from {column.Table} where {column.Short} is not null");
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<(Guid, byte[])>();
        while (await reader.ReadAsync()) rows.Add((reader.GetGuid(0), reader.GetFieldValue<byte[]>(1)));
        return rows;
    }

    static async Task<Dictionary<Guid, PersonCipher>> CiphersAsync(HubHost hub)
    {
        var ids = await hub.QueryAsync(db => db.PersonKeys.Select(k => k.PersonId).ToListAsync());
        return await hub.WithAsync<Vault, Dictionary<Guid, PersonCipher>>(async vault =>
        {
            await vault.LoadAsync(ids, TestContext.Current.CancellationToken);
            return ids.ToDictionary(id => id, id => vault.Find(id)!);
        });
    }

    static byte[]? Opens(PersonCipher cipher, byte[] value, string column, Guid row)
    {
        try { return cipher.Open(value, column, row); }
        catch (CryptographicException) { return null; }
    }
}
