using System.Globalization;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using PartnerKind = Passerelle.Contracts.Partners.V1.Partner.Types.Kind;
using Wire = Passerelle.Contracts.Clocks.V1;

namespace Passerelle.Hub.Clocks.Policies;

public sealed class ClockPolicyService(HubDb db, PolicyDesk desk, RequestLedger ledger) : Wire.ClockPolicyService.ClockPolicyServiceBase
{
    public override async Task<Wire.CreateClockPolicyResponse> CreateClockPolicy(Wire.CreateClockPolicyRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var requestId = violations.RequestId(request.RequestId);
        violations.Check(PolicyNames.IsId(request.Id), "id", "must be 3 to 40 of a-z, 0-9 and -");
        var terms = TermsWire.Read(request.Terms, violations);
        violations.ThrowIfAny();
        return await ledger.OnceAsync(context, requestId, request, async now =>
            new Wire.CreateClockPolicyResponse { ClockPolicy = ToWire(await desk.CreateAsync(request.Id, terms!, now, context.CancellationToken), null) });
    }

    public override async Task<Wire.OfferClockPolicyResponse> OfferClockPolicy(Wire.OfferClockPolicyRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var key = PolicyNames.Read(request.Name, "name", violations);
        violations.Member(request.Family, "family");
        violations.Check(Enum.IsDefined(request.Need), "need", "is not a value that this version knows");
        violations.Check(Enum.IsDefined(request.PartnerKind), "partner_kind", "is not a value that this version knows");
        violations.Check(Enum.IsDefined(request.Origin), "origin", "is not a value that this version knows");
        var partner = violations.OptionalPartnerId(request.Partner, "partner");
        var isPromise = request.Family == Wire.Clock.Types.Family.Promise;
        violations.Check(isPromise || request.Need == 0, "need", "goes with promises");
        violations.Check(isPromise || request.Origin == 0, "origin", "goes with promises");
        violations.Check(!isPromise || request.PartnerKind == 0, "partner_kind", "goes with the windows of partners");
        violations.Check(!isPromise || partner is null, "partner", "goes with the windows of partners");
        var (from, until) = (violations.OptionalTime(request.StartTime, "start_time"), violations.OptionalTime(request.EndTime, "end_time"));
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var now = await db.NowAsync(ct);
        violations.Check(until is null || until > (from ?? now), "end_time", "must be after start_time");
        violations.ThrowIfAny();
        var scope = new PolicyScope(
            (ClockFamily)request.Family, request.Need == 0 ? null : Word(request.Need), request.PartnerKind == 0 ? null : Word(request.PartnerKind), partner,
            request.Origin == 0 ? null : Word(request.Origin));
        var (policy, offer) = await desk.OfferAsync(key, scope, from, until, now, ct);
        // What has begun before is no news: only a repeat may say so.
        violations.Check(from is null || from >= now || db.Entry(offer).State != EntityState.Added, "start_time", "is before now");
        violations.ThrowIfAny();
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return new Wire.OfferClockPolicyResponse { ClockPolicy = ToWire(policy, offer) };
    }

    public override async Task<Wire.DeactivateClockPolicyResponse> DeactivateClockPolicy(Wire.DeactivateClockPolicyRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var key = PolicyNames.Read(request.Name, "name", violations);
        var until = violations.OptionalTime(request.EndTime, "end_time");
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var now = await db.NowAsync(ct);
        var (policy, offer) = await desk.DeactivateAsync(key, until, now, ct);
        violations.Check(until is null || until >= now || !db.ChangeTracker.HasChanges(), "end_time", "is before now");
        violations.ThrowIfAny();
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return new Wire.DeactivateClockPolicyResponse { ClockPolicy = ToWire(policy, offer) };
    }

    public override async Task<Wire.GetClockPolicyResponse> GetClockPolicy(Wire.GetClockPolicyRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var key = PolicyNames.Read(request.Name, "name", violations);
        violations.ThrowIfAny();
        var found = await Policies().SingleOrDefaultAsync(p => p.Policy.Id == key.Id && p.Policy.Version == key.Version, context.CancellationToken) ?? throw new ResourceNotFound(request.Name);
        return new Wire.GetClockPolicyResponse { ClockPolicy = ToWire(found.Policy, found.Offer) };
    }

    public override async Task<Wire.ListClockPoliciesResponse> ListClockPolicies(Wire.ListClockPoliciesRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        violations.Check(request.PageSize >= 0, "page_size", "must not be negative");
        violations.ThrowIfAny();
        // Policies are few and their ids are chosen by people: the token is simply the last one, as a position in the list.
        var after = new PolicyKey("", 0);
        if (request.PageToken.Length > 0 && !PolicyNames.TryParseKey(request.PageToken, out after)) throw new PageTokenInvalid();
        var size = request.PageSize == 0 ? 50 : Math.Min(request.PageSize, 200);
        var now = await db.NowAsync(context.CancellationToken);
        var read = await Policies()
            .Where(p => !request.OnOffer || (p.Offer != null && p.Offer.FromTime <= now && (p.Offer.UntilTime == null || now < p.Offer.UntilTime)))
            .Where(p => p.Policy.Id.CompareTo(after.Id) > 0 || (p.Policy.Id == after.Id && p.Policy.Version > after.Version))
            .OrderBy(p => p.Policy.Id).ThenBy(p => p.Policy.Version).Take(size + 1).ToListAsync(context.CancellationToken);
        var response = new Wire.ListClockPoliciesResponse { NextPageToken = read.Count > size ? $"{read[size - 1].Policy.Id}@{read[size - 1].Policy.Version.ToString(CultureInfo.InvariantCulture)}" : "" };
        response.ClockPolicies.AddRange(read.Take(size).Select(p => ToWire(p.Policy, p.Offer)));
        return response;
    }

    IQueryable<Listed> Policies() =>
        from policy in db.ClockPolicies.AsNoTracking()
        join offer in db.ClockPolicyOffers.AsNoTracking() on new { policy.Id, policy.Version } equals new { Id = offer.PolicyId, Version = offer.PolicyVersion } into offers
        from offer in offers.DefaultIfEmpty()
        select new Listed { Policy = policy, Offer = offer };

    sealed class Listed
    {
        public required PolicyRow Policy { get; init; }

        public PolicyOfferRow? Offer { get; init; }
    }

    static Wire.ClockPolicy ToWire(PolicyRow row, PolicyOfferRow? offer) => new()
    {
        Name = PolicyNames.Of(new PolicyKey(row.Id, row.Version)),
        Terms = TermsWire.Of(TermsJson.Read(row.Terms)),
        Offer = offer is null ? null : new Wire.PolicyOffer
        {
            Family = (Wire.Clock.Types.Family)offer.Family,
            Need = offer.Need is { } need ? Enum.Parse<Contracts.Cases.V1.Need>(need, ignoreCase: true) : 0,
            PartnerKind = offer.PartnerKind is { } kind ? Enum.Parse<PartnerKind>(kind, ignoreCase: true) : 0,
            Partner = offer.PartnerId is { } partner ? Names.OfPartner(partner) : "",
            Origin = offer.Origin is { } origin ? Enum.Parse<Contracts.Cases.V1.Origin>(origin, ignoreCase: true) : 0,
            StartTime = offer.FromTime.ToWire(),
            EndTime = offer.UntilTime.ToWire(),
        },
        CreateTime = row.CreateTime.ToWire(),
    };

    /// <summary>Needs, kinds and origins are one word each, the same in the database.</summary>
    static string Word<T>(T value) where T : struct, Enum => EnumText<T>.Of(value);
}
