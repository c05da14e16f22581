using Grpc.Core;
using Passerelle.Contracts.Places.V1;

namespace Passerelle.Tests.Client;

public sealed partial class FakeHub
{
    public Func<FindPlaceRequest, FindPlaceResponse> OnFindPlace { get; set; } = _ => throw Unscripted;
    public Func<ImportPlacesRequest, ImportPlacesResponse> OnImportPlaces { get; set; } = _ => throw Unscripted;

    private sealed class FakePlaces(FakeHub hub) : PlaceService.PlaceServiceBase
    {
        public override Task<FindPlaceResponse> FindPlace(FindPlaceRequest request, ServerCallContext context) => Task.FromResult(hub.OnFindPlace(request));

        public override Task<ImportPlacesResponse> ImportPlaces(ImportPlacesRequest request, ServerCallContext context) => Task.FromResult(hub.OnImportPlaces(request));
    }
}
