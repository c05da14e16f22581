using CsCheck;
using Npgsql;
using Passerelle.Hub.Persistence;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Persistence;

/// <summary>What is written for COPY, against PostgreSQL that reads it and the driver that reads it back.</summary>
public sealed class CopyBufferTests(Postgres postgres)
{
    static readonly Gen<decimal> decimals = Gen.OneOf(
        Gen.Decimal, Gen.Const(0m), Gen.Const(decimal.MaxValue), Gen.Const(decimal.MinValue), Gen.Const(0.0000000000000000000000000001m), Gen.Const(-10_000m), Gen.Const(1.00m),
        Gen.Select(Gen.Long, Gen.Int[0, 28]).Select((digits, scale) => new decimal((int)digits, (int)(digits >> 32), 0, digits < 0, (byte)scale)), Gen.Int[-100_000, 100_000].Select(n => n / 100m));

    [Fact]
    public async Task PostgreSQL_reads_every_value_that_is_written()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await using var connection = await hub.Source.OpenConnectionAsync();
        await using (var create = new NpgsqlCommand("create temp table copied (n int, a numeric, b text, c text[], d boolean, e int, f bigint, g date, h timestamptz, i uuid, j bytea)", connection)) await create.ExecuteNonQueryAsync();
        var texts = Gen.String[Gen.Char["aé€ก \n\t\\"], 0, 200];
        var dates = Gen.DateOnly.Where(d => d.Year > 1);
        var rows = Gen.Select(Gen.Select(decimals, texts, texts.Array[0, 4], Gen.Bool), Gen.Select(Gen.Int, Gen.Long, dates, Gen.Guid), Gen.Bool).Array[2000].Single();

        var buffer = new CopyBuffer();
        buffer.Raw(CopyBuffer.Head);
        for (var n = 0; n < rows.Length; n++)
        {
            var ((a, b, c, d), (e, f, g, i), isGiven) = rows[n];
            buffer.Row(11);
            buffer.Number(n);
            buffer.Number(isGiven ? a : null);
            buffer.Text(isGiven ? b : null);
            buffer.Texts(c);
            buffer.Bool(isGiven ? d : null);
            buffer.Number(isGiven ? e : null);
            buffer.Number(isGiven ? f : null);
            buffer.Date(isGiven ? g : null);
            buffer.Time(new DateTimeOffset(g, TimeOnly.MinValue, TimeSpan.Zero).AddMicroseconds(e & 0xFFFF));
            buffer.Id(i);
            buffer.Bytes(i.ToByteArray());
        }

        buffer.Raw(CopyBuffer.Tail);
        await using (var copy = await connection.BeginRawBinaryCopyAsync("copy copied from stdin (format binary)")) await copy.WriteAsync(buffer.Memory);

        await using var read = new NpgsqlCommand("select * from copied order by n", connection);
        await using var reader = await read.ExecuteReaderAsync();
        for (var n = 0; n < rows.Length; n++)
        {
            Assert.True(await reader.ReadAsync());
            var ((a, b, c, d), (e, f, g, i), isGiven) = rows[n];
            if (isGiven)
            {
                Assert.Equal((a, b, d, e, f, g), (reader.GetDecimal(1), reader.GetString(2), reader.GetBoolean(4), reader.GetInt32(5), reader.GetInt64(6), reader.GetFieldValue<DateOnly>(7)));
            }
            else
            {
                Assert.All([1, 2, 4, 5, 6, 7], column => Assert.True(reader.IsDBNull(column)));
            }

            Assert.Equal(c, reader.GetFieldValue<string[]>(3));
            Assert.Equal(new DateTimeOffset(g, TimeOnly.MinValue, TimeSpan.Zero).AddMicroseconds(e & 0xFFFF), reader.GetFieldValue<DateTimeOffset>(8));
            Assert.Equal(i, reader.GetGuid(9));
            Assert.Equal(i.ToByteArray(), reader.GetFieldValue<byte[]>(10));
        }
    }

    [Fact]
    public void Equal_numbers_are_equal_bytes() => decimals.Sample(value =>
    {
        var (plain, padded) = (new CopyBuffer(), new CopyBuffer());
        plain.Number(value);
        // One more zero at the end, where there is room for it.
        padded.Number(Math.Abs(value) < 1_000_000_000_000_000m ? value * 1.000m : value);
        Assert.True(plain.Span.SequenceEqual(padded.Span), $"{value}");
    });
}
