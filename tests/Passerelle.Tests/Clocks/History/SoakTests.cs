namespace Passerelle.Tests.Clocks.History;

/// <summary>The properties of histories at length, run by `./test.sh --soak` only.</summary>
public sealed class SoakTests
{
    const int Cases = 1_000_000;

    [Fact(Explicit = true)]
    public void The_fold_agrees_with_a_clock_that_ticks() => HistoryProperties.The_fold_agrees_with_a_clock_that_ticks(Cases);

    [Fact(Explicit = true)]
    public void The_order_of_arrival_does_not_matter() => HistoryProperties.The_order_of_arrival_does_not_matter(Cases);

    [Fact(Explicit = true)]
    public void The_order_of_recording_does_not_matter_before_a_verdict() => HistoryProperties.The_order_of_recording_does_not_matter_before_a_verdict(Cases);

    [Fact(Explicit = true)]
    public void What_was_known_stays_known_and_verdicts_stand() => HistoryProperties.What_was_known_stays_known_and_verdicts_stand(Cases);

    [Fact(Explicit = true)]
    public void An_explanation_adds_up() => HistoryProperties.An_explanation_adds_up(Cases);

    [Fact(Explicit = true)]
    public void Every_rung_fires_once_whenever_it_is_swept() => HistoryProperties.Every_rung_fires_once_whenever_it_is_swept(Cases);

    [Fact(Explicit = true)]
    public void Corrections_make_nothing_fire_twice_in_a_generation() => HistoryProperties.Corrections_make_nothing_fire_twice_in_a_generation(Cases);
}
