using Npgsql;
using NpgsqlTypes;

namespace Passerelle.Hub.Rights.Breaches;

/// <summary>A person whom a breach touches.</summary>
/// <param name="Data">Kinds of data, as the register writes them; empty where that is not known.</param>
public sealed record TouchedPerson(Guid PersonId, Guid CaseId, string Data);

/// <summary>Whom a breach touches, in the order of their ids.</summary>
/// <remarks>
/// partner: whoever's data it had at some moment of the span: it had got it before the span's end, and had not said before its beginning that it has let it go.
/// caller: whoever's data was read with it in the span. master: whoever's key it wraps, and was there before the span's end: what was rotated since is not known any more, so a leak is filed before the key is changed.
/// </remarks>
public sealed class BreachPersons(NpgsqlDataSource source)
{
    static string Sql(BreachSource from) => from switch
    {
        BreachSource.Partner =>
            """
            select d.person_id, string_agg(distinct d.data, ',') as data from disclosures d
            where d.partner_id = $1 and d.time < $3 and d.purpose <> 'recall' and not exists (
                select from recalls r join recall_notices n on n.recall_id = r.id
                where r.person_id = d.person_id and n.partner_id = $1 and r.reason <> 'rectified' and n.outcome in ('done', 'not_held') and n.answer_time < $2 and n.answer_time >= d.time)
            group by d.person_id
            """,
        BreachSource.Caller => "select a.person_id, '' as data from audit.access_entries a where a.caller_id = $1 and a.time >= $2 and a.time < $3 and a.person_id is not null group by a.person_id",
        BreachSource.MasterKey => "select k.person_id, '' as data from vault.person_keys k where k.master_id = $1 and k.create_time < $3 and $2 is not null",
    };

    public async Task<long> CountAsync(Breach breach, CancellationToken ct)
    {
        await using var command = Command(breach, "select count(*) from touched");
        return (long)(await command.ExecuteScalarAsync(CancellationToken.None))!;
    }

    public async Task<List<TouchedPerson>> ReadAsync(Breach breach, Guid? after, int limit, CancellationToken ct)
    {
        await using var command = Command(breach, "select t.person_id, p.case_id, t.data from touched t join persons p on p.id = t.person_id where $4::uuid is null or t.person_id > $4 order by t.person_id limit $5");
        command.Parameters.Add(new() { Value = (object?)after ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        command.Parameters.Add(new() { Value = (long)limit });
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        var read = new List<TouchedPerson>();
        while (await reader.ReadAsync(ct)) read.Add(new TouchedPerson(reader.GetGuid(0), reader.GetGuid(1), reader.GetString(2)));
        return read;
    }

    NpgsqlCommand Command(Breach breach, string question)
    {
        var command = source.CreateCommand($"with touched as ({Sql(breach.Source)}) {question}");
        command.Parameters.Add(new() { Value = breach.PartnerId ?? breach.CallerId ?? breach.MasterKeyId });
        command.Parameters.Add(new() { Value = breach.StartTime.ToUniversalTime() });
        command.Parameters.Add(new() { Value = breach.EndTime.ToUniversalTime() });
        return command;
    }
}
