using Microsoft.Extensions.Options;

namespace Passerelle.Hub.Housing.Visits;

public static class TravelTimesSetup
{
    /// <summary>A table of all stops that a day may have is some 5 KB.</summary>
    const int MaxAnswerSize = 256 * 1024;

    /// <summary>From the matrix service where <see cref="VisitOptions"/> names one, else from distances.</summary>
    public static void AddTravelTimes(this IServiceCollection services)
    {
        services.AddSingleton<DistanceTravelTimes>();
        services.AddSingleton<MatrixServiceTravelTimes>();
        services.AddSingleton<ITravelTimes>(provider => provider.GetRequiredService<IOptions<VisitOptions>>().Value.MatrixService is null
            ? provider.GetRequiredService<DistanceTravelTimes>()
            : provider.GetRequiredService<MatrixServiceTravelTimes>());
        services.AddHttpClient(MatrixServiceTravelTimes.Client, (provider, client) =>
            {
                client.Timeout = provider.GetRequiredService<IOptions<VisitOptions>>().Value.MatrixPatience;
                client.MaxResponseContentBufferSize = MaxAnswerSize;
            })
            // The address that is asked for says where the household stays: it is not logged, and no other server is told.
            .RemoveAllLoggers()
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false });
    }
}
