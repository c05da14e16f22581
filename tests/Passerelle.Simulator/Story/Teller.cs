using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Grpc.Core;
using Passerelle.Simulator.Hub;

namespace Passerelle.Simulator.Story;

/// <summary>Tells each step in words as it happens, or each as one JSON object on a line, and counts.</summary>
sealed class Teller(bool json, TimeProvider time, CancellationToken stop)
{
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    readonly List<string> _facts = [];

    public int Passed { get; private set; }

    public int Failed { get; private set; }

    /// <summary>Plays a step. One that fails ends its chapter: what follows in it would only fail after it.</summary>
    public async Task StepAsync(string title, Func<Task> play)
    {
        _facts.Clear();
        var number = Passed + Failed + 1;
        if (!json) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{number,3}. {title}"));
        var start = time.GetTimestamp();
        var mismatch = await PlayAsync(play);
        var elapsed = time.GetElapsedTime(start);
        if (mismatch is null) Passed++;
        else Failed++;

        if (json)
            WriteJson(new { step = number, title, passed = mismatch is null, seconds = Math.Round(elapsed.TotalSeconds, 3), facts = _facts, mismatch?.Expected, mismatch?.Found });
        else if (mismatch is not null)
            Console.WriteLine($"     FAILED\n       expected: {mismatch.Expected}\n       found:    {mismatch.Found}");
        if (mismatch is not null) throw new ChapterEnded();
    }

    /// <summary>Something that the reader of a step wants to know.</summary>
    public void Say(string fact)
    {
        if (json) _facts.Add(fact);
        else Console.WriteLine($"       {fact}");
    }

    public void Heading(string text)
    {
        if (!json) Console.WriteLine($"\n{text}");
    }

    public void Conclude(IReadOnlyList<SummaryRow> rows)
    {
        if (json)
        {
            WriteJson(new { summary = rows });
            WriteJson(new { Passed, Failed });
            return;
        }
        if (rows.Count > 0) SummaryTable.Print(rows);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"story: {Passed} steps passed, {Failed} failed"));
    }

    async Task<Mismatch?> PlayAsync(Func<Task> play)
    {
        try
        {
            await play();
            return null;
        }
        catch (Mismatch mismatch)
        {
            return mismatch;
        }
        catch (RpcException e) when (!stop.IsCancellationRequested)
        {
            return new Mismatch("the call to succeed", e.Describe());
        }
    }

    static void WriteJson(object value) => Console.WriteLine(JsonSerializer.Serialize(value, Json));
}

/// <summary>A step failed; the next chapter goes on.</summary>
sealed class ChapterEnded : Exception;
