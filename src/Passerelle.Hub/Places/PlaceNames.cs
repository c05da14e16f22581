using System.Text;
using Passerelle.Hub.Platform;

namespace Passerelle.Hub.Places;

/// <summary>Resource names of places, `places/{code}`: their ids are INSEE codes.</summary>
public static class PlaceNames
{
    const string Places = "places";

    public static string Of(string code) => $"{Places}/{code}";

    /// <summary>The code; empty, and a violation, where it is none.</summary>
    public static string Read(string name, string field, Violations violations)
    {
        if (name.StartsWith($"{Places}/", StringComparison.Ordinal) && Place.IsCode(name[(Places.Length + 1)..])) return name[(Places.Length + 1)..];
        violations.Add(field, name.Length == 0 ? "is required" : $"must look like {Places}/14118");
        return "";
    }

    /// <summary>A page ends at an id: here that is a code.</summary>
    public static Guid PositionOf(string code)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        Encoding.ASCII.GetBytes(code, bytes);
        return new Guid(bytes, bigEndian: true);
    }

    public static string CodeAt(Guid position) => Encoding.ASCII.GetString(position.ToByteArray(bigEndian: true)).TrimEnd('\0');
}
