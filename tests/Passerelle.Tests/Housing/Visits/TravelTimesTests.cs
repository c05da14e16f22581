using System.ComponentModel.DataAnnotations;
using CsCheck;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Passerelle.Hub.Housing.Visits;
using Passerelle.Hub.Places;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Housing.Visits;

public class TravelTimesTests
{
    static readonly GeoPoint Caen = new(49.1829, -0.3707);
    static readonly GeoPoint Bayeux = new(49.2764, -0.7024);
    static readonly GeoPoint Lisieux = new(49.1466, 0.2274);

    static readonly Gen<GeoPoint> Points = Gen.Select(Gen.Double[48.7, 49.5], Gen.Double[-1.2, 0.5], (latitude, longitude) => new GeoPoint(latitude, longitude));

    [Fact]
    public async Task Without_a_matrix_service_times_come_from_distances()
    {
        var travel = await MatrixAsync(new(), Caen, Bayeux, Lisieux, Caen);

        Assert.Equal((TravelSource.Distances, 4), (travel.Source, travel.Count));
        // 26 km as the crow flies: 34 by road, 6 of them in town, and 5 minutes to park. 44 km: 57 by road.
        Assert.Equal([0, 42, 61, 0], travel[0].Select(time => time.TotalMinutes));
        Assert.Equal(travel[0][1], travel[1][0]);
    }

    [Fact]
    public void Who_drives_farther_is_longer_on_the_way() =>
        Gen.Select(Points, Points, Points).Sample((from, one, other) =>
        {
            var row = new DistanceTravelTimes(Options.Create(new VisitOptions())).Matrix([from, one, other], TravelSource.Distances)[0];

            Assert.True(from.DistanceTo(one) <= from.DistanceTo(other) ? row[1] <= row[2] : row[1] >= row[2]);
            Assert.All(row, time => Assert.Equal(0, time.Ticks % TimeSpan.TicksPerMinute));
        });

    [Fact]
    public async Task A_matrix_service_is_asked_for_all_ways_at_once_and_knows_one_way_roads()
    {
        await using var service = await TableServer.StartAsync("""{"code":"Ok","durations":[[0,1740.2,null],[1800,0,0],[2460,4000.5,0]],"sources":[]}""");

        var travel = await MatrixAsync(new() { MatrixService = service.Address }, Caen, Bayeux, Lisieux);

        Assert.Equal("/table/v1/driving/-0.3707,49.1829;-0.7024,49.2764;0.2274,49.1466?annotations=duration", service.Asked);
        Assert.Equal(TravelSource.MatrixService, travel.Source);
        Assert.Equal([TimeSpan.Zero, TimeSpan.FromMinutes(35), TravelMatrix.NoRoad], travel[0]);
        Assert.Equal([TimeSpan.FromMinutes(35), TimeSpan.Zero, TimeSpan.Zero], travel[1]);
        Assert.Equal([TimeSpan.FromMinutes(46), TimeSpan.FromMinutes(72), TimeSpan.Zero], travel[2]);
    }

    [Theory]
    [InlineData("""{"code":"InvalidQuery","message":"no"}""")]
    [InlineData("""{"durations":null}""")]
    [InlineData("""{"durations":[[0,1],[1,0]]}""")]
    [InlineData("""{"durations":[[0,1,2],[1,0],[1,1,0]]}""")]
    [InlineData("""{"durations":[null,[1,0,3],[1,1,0]]}""")]
    [InlineData("""{"durations":[[0,-1,2],[1,0,3],[1,1,0]]}""")]
    [InlineData("""{"durations":[[0,1e300,2],[1,0,3],[1,1,0]]}""")]
    [InlineData("""{"durations":[["a",1,2],[1,0,3],[1,1,0]]}""")]
    [InlineData("<html>welcome</html>")]
    [InlineData("null")]
    [InlineData("")]
    public async Task Whatever_else_it_answers_times_come_from_distances_and_the_plan_says_so(string answer)
    {
        await using var service = await TableServer.StartAsync(answer);

        await FallsBackAsync(new() { MatrixService = service.Address });
    }

    [Theory]
    [InlineData(StatusCodes.Status500InternalServerError)]
    [InlineData(StatusCodes.Status429TooManyRequests)]
    [InlineData(StatusCodes.Status404NotFound)]
    public async Task An_error_is_no_answer(int status)
    {
        await using var service = await TableServer.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });

        await FallsBackAsync(new() { MatrixService = service.Address });
    }

    [Fact]
    public async Task Where_the_household_stays_is_told_to_no_other_server()
    {
        await using var other = await TableServer.StartAsync("{}");
        await using var service = await TableServer.StartAsync(context =>
        {
            context.Response.Redirect(other.Address + "elsewhere");
            return Task.CompletedTask;
        });

        await FallsBackAsync(new() { MatrixService = service.Address });

        Assert.Null(other.Asked);
    }

    [Fact]
    public async Task An_answer_without_end_is_not_read_to_its_end()
    {
        await using var service = await TableServer.StartAsync(async context =>
        {
            var blank = new byte[64 * 1024];
            while (!context.RequestAborted.IsCancellationRequested) await context.Response.Body.WriteAsync(blank);
        });

        await FallsBackAsync(new() { MatrixService = service.Address, MatrixPatience = TimeSpan.FromMinutes(1) });
    }

    [Fact]
    public async Task A_service_that_is_away_or_never_answers_costs_no_more_than_the_patience()
    {
        await FallsBackAsync(new() { MatrixService = new Uri($"http://127.0.0.1:{HubProcess.FreePort()}/table/v1/driving/") });

        await using var service = await TableServer.StartAsync(context => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted));
        await FallsBackAsync(new() { MatrixService = service.Address, MatrixPatience = TimeSpan.FromMilliseconds(200) });
    }

    [Fact]
    public async Task Who_gives_up_waiting_gets_no_plan()
    {
        var asked = new TaskCompletionSource();
        await using var service = await TableServer.StartAsync(context =>
        {
            asked.SetResult();
            return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        });
        using var gone = new CancellationTokenSource();
        await using var services = Services(new() { MatrixService = service.Address, MatrixPatience = TimeSpan.FromMinutes(1) });

        var asking = services.GetRequiredService<ITravelTimes>().MatrixAsync([Caen, Bayeux], gone.Token);
        await asked.Task;
        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
    }

    [Theory]
    [InlineData("Detour", "0.9")]
    [InlineData("Detour", "NaN")]
    [InlineData("TownKilometres", "-1")]
    [InlineData("TownSpeed", "0")]
    [InlineData("CountrySpeed", "300")]
    [InlineData("Stopover", "-00:01:00")]
    [InlineData("MatrixPatience", "00:00:00")]
    [InlineData("MatrixService", "osrm:5000")]
    [InlineData("MatrixService", "ftp://osrm/")]
    [InlineData("MatrixService", "http://osrm:5000/table/v1/driving")]
    [InlineData("MatrixService", "table/")]
    public void A_setting_that_cannot_be_meant_is_named(string setting, string value)
    {
        var options = new ConfigurationBuilder().AddInMemoryCollection([new(setting, value)]).Build().Get<VisitOptions>()!;

        Assert.StartsWith($"Visits:{setting} ", Assert.Single(options.Validate(new ValidationContext(options))).ErrorMessage, StringComparison.Ordinal);
        Assert.Empty(new VisitOptions().Validate(new ValidationContext(options)));
    }

    static async Task FallsBackAsync(VisitOptions options)
    {
        var log = new LogRecorder();

        await using var services = Services(options, log);
        var travel = await services.GetRequiredService<ITravelTimes>().MatrixAsync([Caen, Bayeux, Lisieux], CancellationToken.None);

        Assert.Equal(TravelSource.DistancesAsServiceFailed, travel.Source);
        Assert.Equal(await MatrixAsync(new(), Caen, Bayeux, Lisieux), travel);
        Assert.Single(log.Entries, entry => entry.Level == LogLevel.Warning);
        Assert.DoesNotContain(log.Entries, entry => entry.Text.Contains("49.18", StringComparison.Ordinal));
    }

    static async Task<TravelMatrix> MatrixAsync(VisitOptions options, params GeoPoint[] points)
    {
        await using var services = Services(options);
        return await services.GetRequiredService<ITravelTimes>().MatrixAsync(points, CancellationToken.None);
    }

    static ServiceProvider Services(VisitOptions options, LogRecorder? log = null)
    {
        var services = new ServiceCollection().AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(log ?? new LogRecorder())).AddSingleton(Options.Create(options));
        services.AddTravelTimes();
        return services.BuildServiceProvider();
    }
}
