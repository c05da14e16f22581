namespace Passerelle.Hub.Partners.Drops;

/// <summary>Remembers what this node's looks have found, to tell a file that has come to rest from one that is still being written.</summary>
public sealed class DropWatch(DropOptions options)
{
    readonly Lock gate = new();
    readonly Dictionary<(string PartnerId, string Name), Rest> rests = [];

    /// <param name="Since">When the first of the looks was that found it so.</param>
    /// <param name="Due">When it is to be taken, if it is still so.</param>
    sealed record Rest(DropSight Sight, TimeSpan Since, TimeSpan Due);

    /// <param name="elapsed">On a clock of this process.</param>
    /// <returns>What is complete, and for how long it has been waiting to be taken.</returns>
    public IReadOnlyList<(DropSight Sight, TimeSpan Waited, bool IsLastChance)> Look(string partnerId, IReadOnlyList<DropSight> sights, TimeSpan elapsed)
    {
        lock (gate)
        {
            foreach (var gone in rests.Keys.Where(key => key.PartnerId == partnerId).Except(sights.Select(s => (partnerId, s.Name))).ToList()) rests.Remove(gone);
            var complete = new List<(DropSight, TimeSpan, bool)>();
            foreach (var sight in sights)
            {
                if (!rests.TryGetValue((partnerId, sight.Name), out var rest) || rest.Sight != sight)
                {
                    rests[(partnerId, sight.Name)] = new Rest(sight, elapsed, elapsed + options.Quiet);
                    continue;
                }

                if (elapsed >= rest.Due) complete.Add((sight, elapsed - rest.Due, elapsed - rest.Since >= options.Patience));
            }

            return complete;
        }
    }

    /// <summary>It could not be taken: not again before patience has ended, unless it changes.</summary>
    public void Postpone(string partnerId, DropSight sight, TimeSpan elapsed)
    {
        lock (gate)
            if (rests.TryGetValue((partnerId, sight.Name), out var rest) && rest.Sight == sight) rests[(partnerId, sight.Name)] = rest with { Due = elapsed + options.Patience };
    }
}
