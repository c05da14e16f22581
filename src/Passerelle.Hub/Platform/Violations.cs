using Google.Protobuf.Collections;
using Google.Rpc;
using Google.Type;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Platform;

/// <summary>Collects everything that is wrong with a request, so that the caller hears it at once. Values are never repeated: they may be personal.</summary>
public sealed class Violations
{
    readonly List<BadRequest.Types.FieldViolation> found = [];

    public int Count => found.Count;

    public IReadOnlyList<BadRequest.Types.FieldViolation> Found => found;

    public void Add(string field, string description) => found.Add(new() { Field = field, Description = description });

    public bool Check(bool holds, string field, string description)
    {
        if (!holds) Add(field, description);
        return holds;
    }

    public void Text(string value, string field, int max, bool required = true)
    {
        if (required && string.IsNullOrWhiteSpace(value)) Add(field, "is required");
        else if (value.Length > max) Add(field, $"is longer than {max} characters");
        // PostgreSQL's text holds every character but this one.
        else if (value.Contains('\0', StringComparison.Ordinal)) Add(field, "holds a NUL character");
    }

    /// <summary>The id of a resource name such as `cases/{uuid}`; Guid.Empty, and a violation, where it is none.</summary>
    public Guid Id(string name, string collection, string field)
    {
        if (Names.TryParse(collection, name, out var id)) return id;
        Add(field, name.Length == 0 ? "is required" : $"must look like {collection}/{{uuid}}");
        return Guid.Empty;
    }

    /// <summary>An id whose field may be empty.</summary>
    public Guid? OptionalId(string name, string collection, string field) => name.Length == 0 ? null : Id(name, collection, field);

    public string PartnerId(string name, string field)
    {
        if (Names.TryParsePartner(name, out var id)) return id;
        Add(field, name.Length == 0 ? "is required" : "must look like partners/{id}");
        return "";
    }

    public string? OptionalPartnerId(string name, string field) => name.Length == 0 ? null : PartnerId(name, field);

    public Guid RequestId(string value, string field = "request_id")
    {
        if (Guid.TryParseExact(value, "D", out var id) && id != Guid.Empty) return id;
        Add(field, value.Length == 0 ? "is required" : "must be a UUID");
        return Guid.Empty;
    }

    public void Member<T>(T value, string field) where T : struct, Enum
    {
        if (Convert.ToInt32(value, System.Globalization.CultureInfo.InvariantCulture) == 0) Add(field, "is required");
        else if (!Enum.IsDefined(value)) Add(field, "is not a value that this version knows");
    }

    public void Members<T>(RepeatedField<T> values, string field) where T : struct, Enum
    {
        for (var i = 0; i < values.Count; i++) Member(values[i], $"{field}[{i}]");
    }

    public DateOnly? Date(Date? value, string field, bool required)
    {
        if (value is null)
        {
            if (required) Add(field, "is required");
            return null;
        }

        if (value.Year is >= 1900 and <= 2200 && value.Month is >= 1 and <= 12 && value.Day >= 1 && value.Day <= System.DateTime.DaysInMonth(value.Year, value.Month))
            return new DateOnly(value.Year, value.Month, value.Day);
        Add(field, "must be a whole date that exists, 1900 to 2200");
        return null;
    }

    /// <summary>An instant whose field may be unset, in whole microseconds as the database keeps them.</summary>
    public DateTimeOffset? OptionalTime(Google.Protobuf.WellKnownTypes.Timestamp? value, string field)
    {
        if (value is null) return null;
        if (value.Nanos is >= 0 and < 1_000_000_000 && value.Seconds is >= -62135596800 and <= 253402300799)
            return DateTimeOffset.UnixEpoch.AddSeconds(value.Seconds).AddMicroseconds(value.Nanos / 1000);
        Add(field, "must be a time from 0001 to 9999");
        return null;
    }

    public void ThrowIfAny()
    {
        if (found.Count > 0) throw new FieldInvalid(found);
    }
}
