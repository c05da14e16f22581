using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Privacy;

/// <summary>Kinds of data as rows keep them: in one text, with commas between them, in their order.</summary>
public static class DataCategories
{
    public static string Write(IEnumerable<DataCategory> categories) => string.Join(',', categories.Distinct().Order().Select(EnumText<DataCategory>.Of));

    public static IEnumerable<DataCategory> Read(string? text) => string.IsNullOrEmpty(text) ? [] : text.Split(',').Select(EnumText<DataCategory>.Parse);
}
