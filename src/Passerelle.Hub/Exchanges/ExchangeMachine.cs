namespace Passerelle.Hub.Exchanges;

public enum ExchangeState { Queued = 1, Held, Sending, AwaitingAnswer, Answered, Undeliverable, Withdrawn, Expired }

/// <summary>What can happen to an exchange.</summary>
public enum ExchangeInput
{
    /// <summary>A worker takes it under a lease.</summary>
    Claim = 1,

    /// <summary>Its lane closes: the partner is paused or down.</summary>
    Hold,

    /// <summary>Its lane opens again.</summary>
    Release,

    /// <summary>The partner has it.</summary>
    Accept,

    /// <summary>Not this time.</summary>
    TryLater,

    /// <summary>The partner will never take it, or the schedule has run out.</summary>
    GiveUp,

    /// <summary>A repeat of what the partner has already came to nothing.</summary>
    LeaveDelivered,

    /// <summary>The partner answers.</summary>
    Answer,

    /// <summary>It may not leave any more, a newer one takes its place, or somebody decides so.</summary>
    Withdraw,

    /// <summary>Its ground has lapsed.</summary>
    Expire,

    /// <summary>An operator sends it again.</summary>
    Redeliver,
}

/// <summary>The one table of what may become of an exchange; STATES.md beside this file draws it.</summary>
/// <remarks>Held is not stored with each exchange: it is what a queued exchange is called while its partner's lane is closed. Hold and Release happen to all of them at once, by one row, the lane's.</remarks>
public static class ExchangeMachine
{
    /// <returns>The state after the input; null when it does not apply.</returns>
    public static ExchangeState? Next(ExchangeState state, ExchangeInput input) => state switch
    {
        ExchangeState.Queued => input switch
        {
            ExchangeInput.Claim => ExchangeState.Sending,
            ExchangeInput.Hold => ExchangeState.Held,
            // The partner says that it has what we only know to have tried.
            ExchangeInput.Accept => ExchangeState.AwaitingAnswer,
            ExchangeInput.Withdraw => ExchangeState.Withdrawn,
            ExchangeInput.Redeliver or ExchangeInput.Release => ExchangeState.Queued,
            ExchangeInput.TryLater or ExchangeInput.GiveUp or ExchangeInput.LeaveDelivered or ExchangeInput.Answer or ExchangeInput.Expire => null,
        },
        ExchangeState.Held => input switch
        {
            ExchangeInput.Release => ExchangeState.Queued,
            ExchangeInput.Accept => ExchangeState.AwaitingAnswer,
            ExchangeInput.Withdraw => ExchangeState.Withdrawn,
            ExchangeInput.Redeliver or ExchangeInput.Hold => ExchangeState.Held,
            // The probe of a partner that is down.
            ExchangeInput.Claim => ExchangeState.Sending,
            ExchangeInput.TryLater or ExchangeInput.GiveUp or ExchangeInput.LeaveDelivered or ExchangeInput.Answer or ExchangeInput.Expire => null,
        },
        ExchangeState.Sending => input switch
        {
            // The lease of a worker that died is over.
            ExchangeInput.Claim => ExchangeState.Sending,
            ExchangeInput.Accept or ExchangeInput.LeaveDelivered => ExchangeState.AwaitingAnswer,
            ExchangeInput.TryLater => ExchangeState.Queued,
            ExchangeInput.GiveUp => ExchangeState.Undeliverable,
            ExchangeInput.Withdraw => ExchangeState.Withdrawn,
            ExchangeInput.Expire => ExchangeState.Expired,
            // What is under way is not held back, nor sent twice.
            ExchangeInput.Redeliver or ExchangeInput.Hold or ExchangeInput.Release => ExchangeState.Sending,
            ExchangeInput.Answer => null,
        },
        ExchangeState.AwaitingAnswer => input switch
        {
            ExchangeInput.Answer => ExchangeState.Answered,
            ExchangeInput.Accept => ExchangeState.AwaitingAnswer,
            ExchangeInput.Redeliver => ExchangeState.Queued,
            ExchangeInput.Withdraw => ExchangeState.Withdrawn,
            ExchangeInput.Hold or ExchangeInput.Release => ExchangeState.AwaitingAnswer,
            ExchangeInput.Claim or ExchangeInput.TryLater or ExchangeInput.GiveUp or ExchangeInput.LeaveDelivered or ExchangeInput.Expire => null,
        },
        ExchangeState.Answered => input switch
        {
            ExchangeInput.Accept or ExchangeInput.Hold or ExchangeInput.Release => ExchangeState.Answered,
            ExchangeInput.Claim or ExchangeInput.TryLater or ExchangeInput.GiveUp or ExchangeInput.LeaveDelivered or ExchangeInput.Answer or ExchangeInput.Withdraw
                or ExchangeInput.Expire or ExchangeInput.Redeliver => null,
        },
        ExchangeState.Undeliverable => input switch
        {
            ExchangeInput.Redeliver => ExchangeState.Queued,
            ExchangeInput.Accept => ExchangeState.AwaitingAnswer,
            ExchangeInput.Withdraw => ExchangeState.Withdrawn,
            ExchangeInput.Hold or ExchangeInput.Release => ExchangeState.Undeliverable,
            ExchangeInput.Claim or ExchangeInput.TryLater or ExchangeInput.GiveUp or ExchangeInput.LeaveDelivered or ExchangeInput.Answer or ExchangeInput.Expire => null,
        },
        ExchangeState.Withdrawn => input switch
        {
            // A late answer is kept, and changes nothing.
            ExchangeInput.Answer or ExchangeInput.Withdraw or ExchangeInput.Hold or ExchangeInput.Release => ExchangeState.Withdrawn,
            ExchangeInput.Claim or ExchangeInput.Accept or ExchangeInput.TryLater or ExchangeInput.GiveUp or ExchangeInput.LeaveDelivered or ExchangeInput.Expire
                or ExchangeInput.Redeliver => null,
        },
        ExchangeState.Expired => input switch
        {
            ExchangeInput.Answer or ExchangeInput.Hold or ExchangeInput.Release => ExchangeState.Expired,
            ExchangeInput.Claim or ExchangeInput.Accept or ExchangeInput.TryLater or ExchangeInput.GiveUp or ExchangeInput.LeaveDelivered or ExchangeInput.Withdraw
                or ExchangeInput.Expire or ExchangeInput.Redeliver => null,
        },
    };
}
