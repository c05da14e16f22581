using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Contracts.Privacy.V1;
using Passerelle.Hub.Exchanges;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Housing.Visits;
using Passerelle.Tests.Privacy;
using Passerelle.Tests.Schooling;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Rights;

/// <summary>Persons whose every personal field is a marker, of whom the hub holds everything, and who then ask for all that persons may ask: no marker is anywhere it must not be. Logs, job tables and
/// every other table (texts and bytes) are looked at when the host ends; traces, metrics and other partners' answers here.</summary>
public sealed class MarkerTests(Postgres postgres)
{
    const int PersonsOfEach = 3;

    [Fact]
    public Task Of_a_few_persons_no_marker_is_anywhere() => LookAsync(9);

    [Fact(Explicit = true)]
    public Task Of_1000_persons_no_marker_is_anywhere() => LookAsync(1000);

    async Task LookAsync(int persons)
    {
        // Looked at as it comes: of a thousand persons there is much to tell.
        var (told, shown) = (0L, new ConcurrentQueue<string>());
        using var traces = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => Look(string.Join('\n', activity.TagObjects.Select(t => $"{t.Key}={t.Value}").Append(activity.DisplayName).Concat(activity.Events.SelectMany(e => e.Tags.Select(t => $"{t.Key}={t.Value}"))))),
        };
        ActivitySource.AddActivityListener(traces);
        using var metrics = new MeterListener { InstrumentPublished = (instrument, listener) => listener.EnableMeasurementEvents(instrument) };
        metrics.SetMeasurementEventCallback<long>((i, _, tags, _) => Note(i, tags));
        metrics.SetMeasurementEventCallback<int>((i, _, tags, _) => Note(i, tags));
        metrics.SetMeasurementEventCallback<double>((i, _, tags, _) => Note(i, tags));
        metrics.Start();

        await using var hub = await HubHost.StartAsync(postgres, "Lanes:MaxPerSecond=0");
        for (var n = 0; n < persons; n += PersonsOfEach)
        {
            var whole = await WholeHousehold.OpenAsync(hub);
            await hub.SeeHomeAsync(whole.Household);
            await hub.WithdrawAsync(whole.Consent);
            if (n % 2 == 0) await new PersonRightsService.PersonRightsServiceClient(hub.As("crm")).RestrictPersonAsync(new() { Name = whole.Household.FirstAdult });
        }

        await hub.RunAsync<DeliverDue>();
        // Of the same kind, and not the ones that it was for.
        Assert.Empty((await hub.Inbox(Candidate.Pull).FetchExchangesAsync(new())).Envelopes);
        Assert.Empty((await hub.Inbox("ecole-deux").FetchExchangesAsync(new())).Envelopes);
        Look((await new ReferralService.ReferralServiceClient(hub.As(Candidate.Pull)).ListReferralsAsync(new())).ToString());
        Look((await hub.VisitRequests("agence-deux").ListVisitRequestsAsync(new())).ToString());
        Look((await School.Enrolments(hub, "ecole-deux").ListEnrolmentsAsync(new())).ToString());
        Assert.NotEqual(0L, told);
        Assert.Empty(shown);

        void Look(string text)
        {
            Interlocked.Increment(ref told);
            if (Marker.IsIn(text)) shown.Enqueue(text);
        }

        void Note(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            foreach (var tag in tags) Look($"{instrument.Name} {tag.Key}={tag.Value}");
        }
    }
}
