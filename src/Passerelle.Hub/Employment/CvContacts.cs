using System.Text.Json.Nodes;

namespace Passerelle.Hub.Employment;

/// <summary>A CV for those who may know what a person can do, and not how to reach them.</summary>
public static class CvContacts
{
    static readonly string[] OfBasics = ["email", "phone", "url", "image", "profiles"];
    static readonly string[] OfLocation = ["address", "postalCode"];

    /// <param name="jsonResume">A valid JSON Resume document.</param>
    public static string Without(string jsonResume)
    {
        var resume = JsonNode.Parse(jsonResume)!.AsObject();
        if (resume["basics"] is not JsonObject basics) return jsonResume;
        foreach (var name in OfBasics) basics.Remove(name);
        if (basics["location"] is JsonObject location) foreach (var name in OfLocation) location.Remove(name);
        return resume.ToJsonString();
    }
}
