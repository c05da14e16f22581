using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;
using NpgsqlTypes;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Hub;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Privacy;
using Passerelle.Hub.Privacy.Accesses;
using Ground = Passerelle.Hub.Privacy.Ground;
using Purpose = Passerelle.Hub.Privacy.Purpose;

namespace Passerelle.Benchmarks.Privacy;

/// <summary>The hub as it would deliver if it asked nobody: no gate, no seals, no register, no decisions kept, no access log. For generated persons only.</summary>
static class HubWithoutLaw
{
    public const string Command = "hub-without-law";

    /// <summary>What referrals are made of, readable.</summary>
    public static readonly string[] Tables =
    [
        "create table bench_files (person_id uuid primary key, given_name text not null, family_name text not null, email text not null, json_resume text not null)",
        "create table bench_introductions (text text not null)",
    ];

    public static async Task<int> RunAsync(string[] configuration)
    {
        await using var app = await HubApp.BuildAsync(configuration, CancellationToken.None, builder =>
        {
            builder.Services.Replace(ServiceDescriptor.Singleton<IAccessWriter, HubWithoutLog.Nowhere>());
            builder.Services.Replace(ServiceDescriptor.Scoped<IDepartures, Open>());
            builder.Services.RemoveAll<IExchangeKind>();
            builder.Services.AddScoped<IExchangeKind, PlainReferrals>();
        });
        await app.StartHubAsync(CancellationToken.None);
        await app.WaitForShutdownAsync();
        return 0;
    }

    /// <summary>What is still ours leaves; its attempt is written down, and nothing else.</summary>
    sealed class Open(HubDb db) : IDepartures
    {
        const string Sql =
            """
            with ours as materialized (
                select w.* from exchanges e join unnest($1::uuid[], $2::int[], $3::int[], $4::bytea[]) w (exchange_id, number, size, sha256) on e.id = w.exchange_id and e.generation = w.number
                where e.state = 'sending' order by e.id for update of e
            ),
            begun as (
                insert into attempts (exchange_id, number, transport, outcome, start_time, size, sha256)
                select exchange_id, number, $5, 'unknown', $6, size, sha256 from ours
            )
            select exchange_id from ours
            """;

        public async Task<IReadOnlyList<Ready>> LetLeaveAsync(IReadOnlyList<(Claimed Claimed, Preparation.Cleared Cleared)> cleared, Transport transport, DateTimeOffset now, CancellationToken ct)
        {
            if (cleared.Count == 0) return [];
            var composed = cleared.Select(c => Ready.Compose(c.Claimed, c.Cleared.Payload, now)).ToList();
            await db.Database.OpenConnectionAsync(ct);
            try
            {
                await using var command = (NpgsqlCommand)db.Database.GetDbConnection().CreateCommand();
                command.CommandText = Sql;
                Add(NpgsqlDbType.Uuid, composed.Select(r => r.Claim.ExchangeId).ToArray());
                Add(NpgsqlDbType.Integer, composed.Select(r => r.Claim.Generation).ToArray());
                Add(NpgsqlDbType.Integer, composed.Select(r => r.Envelope.Payload.Value.Length).ToArray());
                Add(NpgsqlDbType.Bytea, composed.Select(r => System.Security.Cryptography.SHA256.HashData(r.Envelope.Payload.Value.Span)).ToArray());
                command.Parameters.Add(new() { Value = EnumText<Transport>.Of(transport) });
                command.Parameters.Add(new() { Value = now });
                var leaving = new HashSet<Guid>();
                await using var reader = await command.ExecuteReaderAsync(ct);
                while (await reader.ReadAsync(ct)) leaving.Add(reader.GetGuid(0));
                return [.. composed.Where(r => leaving.Contains(r.Claim.ExchangeId))];

                void Add(NpgsqlDbType type, Array values) => command.Parameters.Add(new() { Value = values, NpgsqlDbType = NpgsqlDbType.Array | type });
            }
            finally
            {
                await db.Database.CloseConnectionAsync();
            }
        }
    }

    /// <summary>The same referral files, from tables that anybody can read.</summary>
    sealed class PlainReferrals(HubDb db) : IExchangeKind
    {
        static readonly Clearance Nobodys = new(Purpose.EmploymentReferral, 1, Ground.Consent, null, null, []);

        public string Name => "referral";

        public Purpose Purpose => Purpose.EmploymentReferral;

        public Task<IReadOnlyList<Guid>> FindOpenAsync(Guid personId, CancellationToken ct) => throw new NotSupportedException();

        public async Task<IReadOnlyDictionary<Guid, Preparation>> PrepareAsync(IReadOnlyList<ExchangeHeader> exchanges, DateTimeOffset now, CancellationToken ct)
        {
            var ids = exchanges.Select(e => e.Id).ToArray();
            var files = db.Database.SqlQuery<Plain>(
                $"""
                select r.exchange_id, r.id as referral_id, r.person_id, f.given_name, f.family_name, f.email, i.text as introduction, f.json_resume
                from referrals r join bench_files f using (person_id) cross join bench_introductions i
                where r.exchange_id = any({ids})
                """);
            var prepared = new Dictionary<Guid, Preparation>(exchanges.Count);
            await foreach (var file in files.AsAsyncEnumerable().WithCancellation(ct)) prepared[file.ExchangeId] = new Preparation.Cleared(Compose(file), Nobodys, []);
            return prepared;
        }

        static ReferralFile Compose(Plain file) => new()
        {
            Referral = Names.Of(Names.Referrals, file.ReferralId),
            Person = Names.Of(Names.Persons, file.PersonId),
            GivenName = file.GivenName,
            FamilyName = file.FamilyName,
            Email = file.Email,
            Introduction = file.Introduction,
            JsonResume = file.JsonResume,
        };
    }

    sealed record Plain(Guid ExchangeId, Guid ReferralId, Guid PersonId, string GivenName, string FamilyName, string Email, string Introduction, string JsonResume);
}
