using Npgsql;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform.Chains;
using Passerelle.Hub.Privacy.Accesses;

namespace Passerelle.Tests.Platform.Chains;

/// <summary>One thing that is done to a chain of so many entries behind the hub's back, drawn.</summary>
sealed class Tampering(HubDb db, Random random, int count)
{
    const string Table = "audit.access_entries";

    /// <summary>The columns with what flips one bit of them: $1 is a number below 16.</summary>
    static readonly Dictionary<string, string> Flips = new()
    {
        ["sequence"] = "sequence # (1::bigint << $1)",
        ["hash"] = "set_bit(hash, $1 * 16, 1 - get_bit(hash, $1 * 16))",
        ["time"] = "time + interval '1 microsecond' * (1 << $1)",
        ["person_id"] = Uuid("person_id"),
        ["case_id"] = Uuid("case_id"),
        ["resource"] = Text("resource"),
        ["method"] = Text("method"),
        ["purpose"] = Text("purpose"),
        ["caller_id"] = Text("caller_id"),
        ["actor"] = Text("actor"),
        ["partner_id"] = Text("partner_id"),
    };

    public static IEnumerable<string> Kinds => [.. Flips.Keys.Select(c => $"flip {c}"), "delete", "swap sequences", "swap contents", "insert", "insert at the end", "cut", "cut with head", "rewrite", "everything", "head"];

    public string Kind { get; private set; } = "";

    /// <summary>Without something outside the database nobody could know.</summary>
    public bool NeedsAnchors => Kind is "cut with head" or "rewrite" or "everything";

    public async Task<string> DoAsync()
    {
        Kind = Kinds.ElementAt(random.Next(Kinds.Count()));
        var (one, other) = (random.Next(1, count + 1), random.Next(1, count + 1));
        if (one == other) other = one % count + 1;
        switch (Kind)
        {
            case "delete":
                await ExecuteAsync($"delete from {Table} where sequence between $1 and $1 + $2", (long)one, random.Next(3) == 0 ? (long)random.Next(5) : 0L);
                // Some close the gap.
                if (one < count && random.Next(2) == 0) await ExecuteAsync($"update {Table} set sequence = sequence - 1 where sequence > $1", (long)one);
                break;
            case "swap sequences":
                await ExecuteAsync($"update {Table} set sequence = $1 + $2 - sequence where sequence in ($1, $2)", (long)one, (long)other);
                break;
            case "swap contents":
                await ExecuteAsync(
                    $"""
                    update {Table} a set person_id = b.person_id, case_id = b.case_id, resource = b.resource, purpose = b.purpose, actor = b.actor, partner_id = b.partner_id, caller_id = b.caller_id
                    from {Table} b where a.sequence in ($1, $2) and b.sequence = $1 + $2 - a.sequence
                    """, (long)one, (long)other);
                break;
            case "insert":
                if (random.Next(2) == 0) await ExecuteAsync($"update {Table} set sequence = sequence + 1 where sequence >= $1", (long)one);
                await CopyAsync(other, one);
                break;
            case "insert at the end":
                await CopyAsync(one, count + 1);
                if (random.Next(2) == 0) await ExecuteAsync("update chains set sequence = $1", count + 1L);
                break;
            case "cut":
                await ExecuteAsync($"delete from {Table} where sequence >= $1", (long)one);
                break;
            case "cut with head":
                await CutAsync(one);
                break;
            case "rewrite":
                await RewriteAsync(one);
                break;
            case "everything":
                await ExecuteAsync($"truncate {Table}");
                await ExecuteAsync("delete from chains");
                break;
            case "head":
                await ExecuteAsync(random.Next(2) == 0 ? "update chains set sequence = sequence # (1::bigint << $1)" : "update chains set hash = set_bit(hash, $1 * 16, 1 - get_bit(hash, $1 * 16))", random.Next(16));
                break;
            default:
                await FlipAsync(Kind["flip ".Length..], one);
                break;
        }

        return $"{Kind}, entries {one} and {other}";
    }

    /// <summary>Entries from there on are gone, and the head says so.</summary>
    public async Task CutAsync(int from)
    {
        await ExecuteAsync($"delete from {Table} where sequence >= $1", (long)from);
        if (from > 1) await ExecuteAsync($"update chains set sequence = $1, hash = (select hash from {Table} where sequence = $1)", from - 1L);
        else await ExecuteAsync("update chains set sequence = 0, hash = $1", ChainHead.Root(AccessEntry.Chain.Name));
    }

    /// <summary>An entry says something else, and every hash from there on is right, the head's too.</summary>
    public async Task RewriteAsync(int from)
    {
        await FlipAsync("resource", from);
        var links = new List<ChainLink>();
        await foreach (var link in AccessEntry.Chain.ReadAsync(db, CancellationToken.None)) links.Add(link);
        var hash = from == 1 ? ChainHead.Root(AccessEntry.Chain.Name) : links[from - 2].Hash;
        foreach (var link in links.Skip(from - 1))
        {
            hash = ChainContent.Hash(hash, link.Sequence, link.Content!);
            await ExecuteAsync($"update {Table} set hash = $1 where sequence = $2", hash, link.Sequence);
        }

        await ExecuteAsync("update chains set hash = $1", hash);
    }

    Task<int> CopyAsync(int from, int to) => ExecuteAsync(
        $"""
        insert into {Table} (sequence, hash, time, person_id, case_id, resource, method, purpose, caller_id, actor, partner_id)
        select $2, hash, time, person_id, case_id, resource, method, purpose, caller_id, actor, partner_id from {Table} where sequence = $1 or sequence = $1 + 1 order by sequence limit 1
        """, (long)from, (long)to);

    async Task FlipAsync(string column, int sequence)
    {
        var changed = await ExecuteAsync($"update {Table} set {column} = {Flips[column]} where sequence = $2", random.Next(16), (long)sequence);
        Assert.Equal(1, changed);
    }

    /// <summary>A column without a value gets one.</summary>
    static string Uuid(string column) => $"coalesce(overlay({column}::text placing to_hex(('x' || substr({column}::text, 1, 1))::bit(4)::int # (1 << ($1 % 4))) from 1 for 1)::uuid, gen_random_uuid())";

    /// <summary>A bit of a letter, so that it stays text.</summary>
    static string Text(string column) => $"coalesce(overlay({column} placing chr(ascii(substr({column}, 1 + $1 % length({column}), 1)) # (1 << ($1 % 5))) from 1 + $1 % length({column}) for 1), 'x')";

    async Task<int> ExecuteAsync(string sql, params object[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, (NpgsqlConnection)Microsoft.EntityFrameworkCore.RelationalDatabaseFacadeExtensions.GetDbConnection(db.Database));
        foreach (var parameter in parameters) command.Parameters.Add(new() { Value = parameter });
        return await command.ExecuteNonQueryAsync();
    }
}
