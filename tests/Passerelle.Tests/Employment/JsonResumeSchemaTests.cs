using System.Text.Json;
using Passerelle.Hub.Employment;
using static Passerelle.Tests.Employment.Resumes;

namespace Passerelle.Tests.Employment;

/// <summary>The format as its authors state it: their schema, their sample and their own cases.</summary>
public class JsonResumeSchemaTests
{
    // The schema project's own cases, named `<file>/<case>`; the name says which are invalid.
    public static TheoryData<string> Cases()
    {
        var rows = new TheoryData<string>();
        if (Fixtures() is not { } folder)
            return new("absent");
        foreach (var file in Directory.EnumerateFiles(Path.Combine(folder, "cases"), "*.json").Order(StringComparer.Ordinal))
        {
            using var cases = JsonDocument.Parse(File.ReadAllBytes(file));
            foreach (var property in cases.RootElement.EnumerateObject())
                rows.Add($"{Path.GetFileNameWithoutExtension(file)}/{property.Name}");
        }
        return rows;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_cases_of_the_schema_are_judged_as_it_says(string name)
    {
        var folder = Fixtures() ?? Skipped();
        var (file, property) = (name.Split('/')[0], name.Split('/')[1]);
        using var cases = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "cases", file + ".json")));
        var json = cases.RootElement.GetProperty(property);
        // The dates are bare strings there.
        var document = json.ValueKind == JsonValueKind.String ? Field("work", "startDate", json.GetString()!) : json.GetRawText();
        var problems = Schema(document);
        if (!property.Contains("invalid", StringComparison.OrdinalIgnoreCase))
            Assert.Empty(problems);
        else
            Assert.Equal([Innermost(document)], problems.Select(problem => problem.Path));
    }

    [Fact]
    public void The_sample_of_the_schema_can_be_sent() =>
        Assert.Empty(JsonResume.Check(File.ReadAllBytes(Path.Combine(Fixtures() ?? Skipped(), "sample.resume.json"))));

    [Fact]
    public void Every_field_of_the_schema_has_its_type_and_format_here_and_there_are_no_others()
    {
        using var schema = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Fixtures() ?? Skipped(), "schema.json")));
        var (fields, allNames) = (0, new HashSet<string>());
        Collect(schema.RootElement);
        Compare(schema.RootElement, path: "", wrap: json => json);
        Assert.Equal(111, fields);

        void Collect(JsonElement shape)
        {
            if (shape.TryGetProperty("items", out var items))
                Collect(items);
            if (!shape.TryGetProperty("properties", out var properties))
                return;
            foreach (var field in properties.EnumerateObject())
            {
                allNames.Add(field.Name);
                Collect(field.Value);
            }
        }

        void Compare(JsonElement shape, string path, Func<string, string> wrap)
        {
            var isDate = shape.TryGetProperty("$ref", out _);
            var type = isDate ? "string" : shape.GetProperty("type").GetString();
            fields++;
            Assert.Equal([new CvProblem(path, $"It must be {(type == "string" ? "a" : "an")} {type}, not a boolean.")], Schema(wrap("true")));
            switch (type)
            {
                case "string":
                    var isFree = path == "$schema" || (!isDate && !shape.TryGetProperty("format", out _));
                    Assert.Equal(isFree ? [] : [path], Schema(wrap("\"!\"")).Select(problem => problem.Path));
                    break;
                case "array":
                    Compare(shape.GetProperty("items"), $"{path}[0]", json => wrap($"[{json}]"));
                    break;
                default:
                    Assert.True(shape.TryGetProperty("additionalProperties", out var open) ? open.GetBoolean() : true);
                    var known = shape.GetProperty("properties");
                    // What is a field elsewhere, and not here, is a property of one's own.
                    foreach (var foreign in allNames.Where(name => !known.TryGetProperty(name, out _)))
                        Assert.Empty(Schema(wrap($$"""{"{{foreign}}":null}""")));
                    foreach (var field in known.EnumerateObject())
                        Compare(field.Value, path.Length == 0 ? field.Name : $"{path}.{field.Name}", json => wrap($$"""{"{{field.Name}}":{{json}}}"""));
                    break;
            }
        }
    }

    // Each invalid case is a chain down to the one value that is wrong.
    static string Innermost(string document)
    {
        using var json = JsonDocument.Parse(document);
        var (value, path) = (json.RootElement, "");
        while (true)
        {
            if (value.ValueKind == JsonValueKind.Object && value.EnumerateObject().Any())
            {
                var property = value.EnumerateObject().Single();
                (value, path) = (property.Value, path.Length == 0 ? property.Name : $"{path}.{property.Name}");
            }
            else if (value.ValueKind == JsonValueKind.Array)
            {
                (value, path) = (value.EnumerateArray().Single(), $"{path}[0]");
            }
            else
            {
                return path;
            }
        }
    }

    static string? Fixtures()
    {
        var root = Environment.GetEnvironmentVariable("PASSERELLE_FIXTURES");
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); root is null && folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Passerelle.slnx")))
                root = Path.Combine(folder.FullName, "..", "shared", "fixtures");
        }
        var cv = Path.Combine(root ?? "", "cv", "jsonresume");
        return Directory.Exists(cv) ? cv : null;
    }

    static string Skipped()
    {
        Assert.Skip("The fixtures are not here: see PASSERELLE_FIXTURES.");
        return "";
    }
}
