using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Clocks.Policies;

/// <summary>What lays down how clocks count: made, offered and deactivated from the hub's own command line, as over gRPC.</summary>
public static class PolicyCommands
{
    public static Command Build(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices) =>
        new("policies", "What lays down how clocks count, and to whom it is on offer.") { List(withServices), Create(withServices), Offer(withServices), Deactivate(withServices) };

    static Command List(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var list = new Command("list", "Every version of every policy: its terms, and its offer.");
        list.SetAction((_, ct) => withServices(async services =>
        {
            var db = services.GetRequiredService<HubDb>();
            var offers = await db.ClockPolicyOffers.AsNoTracking().ToDictionaryAsync(o => new PolicyKey(o.PolicyId, o.PolicyVersion), ct);
            foreach (var policy in await db.ClockPolicies.AsNoTracking().OrderBy(p => p.Id).ThenBy(p => p.Version).ToListAsync(ct))
                Console.WriteLine($"{policy.ToPolicy().Key,-24} {Line(offers.GetValueOrDefault(policy.ToPolicy().Key))}  {policy.Terms}");
        }, ct));
        return list;
    }

    static Command Create(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var id = new Argument<string>("id") { Description = "3 to 40 of a-z, 0-9 and -." };
        id.Validators.Add(given => { if (!PolicyNames.IsId(given.GetValueOrDefault<string>() ?? "")) given.AddError("The id must be 3 to 40 of a-z, 0-9 and -."); });
        var terms = new Option<FileInfo>("--terms") { Description = "Its terms, as JSON in the form in which `policies list` prints them.", Required = true };
        var create = new Command("create", "Makes the next version of a policy; it is on offer to nobody yet.") { id, terms };
        create.SetAction((parsed, ct) => withServices(async services =>
        {
            var read = TermsJson.Read(await File.ReadAllTextAsync(parsed.GetRequiredValue(terms).FullName, ct));
            var made = await ChangeAsync(services, (desk, now) => desk.CreateAsync(parsed.GetRequiredValue(id), read, now, ct), ct);
            Console.WriteLine(made.ToPolicy().Key);
        }, ct));
        return create;
    }

    static Command Offer(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var policy = PolicyArgument();
        var family = new Option<ClockFamily>("--family") { Description = "promise or partner_window.", Required = true, CustomParser = parsed => Parse<ClockFamily>(parsed.Tokens[0].Value, parsed.AddError) };
        var need = new Option<string?>("--need") { Description = "Only requests for this need. For promises.", CustomParser = Word<Contracts.Cases.V1.Need> };
        var origin = new Option<string?>("--origin") { Description = "Only requests that came this way. For promises.", CustomParser = Word<Contracts.Cases.V1.Origin> };
        var kind = new Option<PartnerKind?>("--partner-kind") { Description = "Only partners of this kind. For the windows of partners." };
        var partner = new Option<string?>("--partner") { Description = "Only this partner. For its windows." };
        var from = new Option<DateTimeOffset?>("--from") { Description = "From when on; without it, now." };
        var until = new Option<DateTimeOffset?>("--until") { Description = "Until when; without it, for good." };
        var offer = new Command("offer", "Offers a version to clocks that start from then on. Of several that fit, the one that says most of a clock is used; of those, the newest.") { policy, family, need, origin, kind, partner, from, until };
        offer.Validators.Add(given =>
        {
            Option[] others = given.GetValue(family) == ClockFamily.Promise ? [kind, partner] : [need, origin];
            foreach (var option in others.Where(o => given.GetResult(o) is { Implicit: false })) given.AddError($"{option.Name} does not go with {EnumText<ClockFamily>.Of(given.GetValue(family))}.");
        });
        offer.SetAction((parsed, ct) => withServices(async services =>
        {
            var scope = new PolicyScope(parsed.GetValue(family), parsed.GetValue(need), parsed.GetValue(kind) is { } of ? EnumText<PartnerKind>.Of(of) : null, parsed.GetValue(partner), parsed.GetValue(origin));
            var offered = await ChangeAsync(services, (desk, now) => desk.OfferAsync(
                parsed.GetRequiredValue(policy), scope, parsed.GetValue(from)?.ToUniversalTime() is { } start && start > now ? start : null, parsed.GetValue(until)?.ToUniversalTime(), now, ct), ct);
            Console.WriteLine($"{parsed.GetRequiredValue(policy),-24} {Line(offered.Offer)}");
        }, ct));
        return offer;
    }

    static Command Deactivate(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var policy = PolicyArgument();
        var deactivate = new Command("deactivate", "Ends the offer of a version now. Clocks that have it go on with it.") { policy };
        deactivate.SetAction((parsed, ct) => withServices(async services =>
        {
            var ended = await ChangeAsync(services, (desk, now) => desk.DeactivateAsync(parsed.GetRequiredValue(policy), null, now, ct), ct);
            Console.WriteLine($"{parsed.GetRequiredValue(policy),-24} {Line(ended.Offer)}");
        }, ct));
        return deactivate;
    }

    static async Task<T> ChangeAsync<T>(IServiceProvider services, Func<PolicyDesk, DateTimeOffset, Task<T>> change, CancellationToken ct)
    {
        var db = services.GetRequiredService<HubDb>();
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var changed = await change(services.GetRequiredService<PolicyDesk>(), await db.NowAsync(ct));
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return changed;
    }

    static Argument<PolicyKey> PolicyArgument() => new("policy")
    {
        Description = "As `policies list` names it: promise@2.",
        CustomParser = parsed =>
        {
            if (!PolicyNames.TryParseKey(parsed.Tokens[0].Value, out var key)) parsed.AddError("A policy is named like promise@2.");
            return key;
        },
    };

    static T Parse<T>(string text, Action<string> fail) where T : struct, Enum
    {
        var known = Array.FindAll(Enum.GetValues<T>(), value => Convert.ToInt32(value, CultureInfo.InvariantCulture) != 0);
        foreach (var value in known) if (EnumText<T>.Of(value) == text) return value;
        fail($"It must be one of {string.Join(", ", known.Select(EnumText<T>.Of))}.");
        return default;
    }

    /// <summary>One that the contract knows, as it is stored.</summary>
    static string? Word<T>(ArgumentResult parsed) where T : struct, Enum
    {
        Parse<T>(parsed.Tokens[0].Value, parsed.AddError);
        return parsed.Tokens[0].Value;
    }

    static string Line(PolicyOfferRow? offer) => offer is null
        ? "not on offer"
        : $"{EnumText<ClockFamily>.Of(offer.Family)} {Whom(offer)} from {offer.FromTime:yyyy-MM-dd HH:mm}{(offer.UntilTime is { } until ? $" until {until:yyyy-MM-dd HH:mm}" : "")}";

    static string Whom(PolicyOfferRow offer)
    {
        var said = string.Join(' ', ((string?[])[offer.PartnerId ?? offer.PartnerKind, offer.Need, offer.Origin]).OfType<string>());
        return said.Length == 0 ? "all" : said;
    }
}
