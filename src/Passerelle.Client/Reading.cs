using Grpc.Core;
using Passerelle.Contracts.Privacy.V1;

namespace Passerelle.Client;

/// <summary>
/// Why persons' data is read, and on whose behalf: the metadata that the hub wants with every call that gives such data, and keeps in its access log.
/// Said once for all in <see cref="PasserelleOptions"/>, or for one call: <c>client.Cases.GetCaseAsync(request, Reading.For(AccessPurpose.CaseHandling, advisorId))</c>.
/// </summary>
public static class Reading
{
    /// <summary>The metadata of a call.</summary>
    /// <param name="purpose">Why it reads; <see cref="AccessPurpose.Unspecified"/>: that is left to the options.</param>
    /// <param name="actor">The person at the screen: an identifier of your own, 1 to 100 letters, digits and characters of <c>._:/-</c>, no name and no address. <see langword="null"/>: nobody.</param>
    public static Metadata For(AccessPurpose purpose, string? actor = null)
    {
        var metadata = new Metadata();
        if (purpose != AccessPurpose.Unspecified)
            metadata.Add("passerelle-purpose", Word(purpose));
        if (actor is not null)
            metadata.Add("passerelle-actor", actor);
        return metadata;
    }

    /// <summary>As it is sent, e.g. <c>case_handling</c>.</summary>
    /// <param name="purpose">One of the values that the contract has.</param>
    public static string Word(AccessPurpose purpose) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(purpose.ToString());
}
