using System.Security.Cryptography;
using CsCheck;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Privacy;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Privacy;

public sealed class VaultTests(Postgres postgres)
{
    const string Column = "documents.file_name";
    static readonly Guid row = Guid.Parse("01990000-0000-7000-8000-000000000001");
    static readonly Guid otherRow = Guid.Parse("01990000-0000-7000-8000-000000000002");
    static readonly PersonCipher cipher = new(Key(1));

    [Fact]
    public void What_was_sealed_opens_again_and_is_never_sealed_alike() =>
        Gen.Byte.Array[0, 2000].Sample(plain =>
        {
            var (first, second) = (cipher.Seal(plain, Column, row), cipher.Seal(plain, Column, row));
            return plain.AsSpan().SequenceEqual(cipher.Open(first, Column, row)) && !first.AsSpan().SequenceEqual(second);
        });

    [Fact]
    public void Texts_and_messages_open_as_they_were()
    {
        Assert.Equal("Élodie Łukasiewicz 🏫", cipher.OpenText(cipher.SealText("Élodie Łukasiewicz 🏫", Column, row), Column, row));
        var child = Household.AChild("UN");
        Assert.Equal(child, cipher.OpenMessage<Person>(cipher.SealMessage(child, Column, row), Column, row));
    }

    [Fact]
    public void Every_flipped_bit_is_found()
    {
        var value = cipher.SealText("livret de famille.pdf", Column, row);
        for (var bit = 0; bit < value.Length * 8; bit++)
        {
            var tampered = value.ToArray();
            tampered[bit / 8] ^= (byte)(1 << (bit % 8));
            AssertClosed(tampered);
        }
    }

    [Fact]
    public void What_was_cut_or_lengthened_does_not_open()
    {
        var value = cipher.SealText("livret de famille.pdf", Column, row);
        for (var length = 0; length < value.Length; length++) AssertClosed(value[..length]);
        AssertClosed([.. value, 0]);
    }

    [Fact]
    public void A_sealed_value_opens_in_its_own_place_and_with_its_own_key_only()
    {
        var value = cipher.SealText("livret de famille.pdf", Column, row);
        Assert.ThrowsAny<CryptographicException>(() => cipher.Open(value, Column, otherRow));
        Assert.ThrowsAny<CryptographicException>(() => cipher.Open(value, "documents.content", row));
        Assert.ThrowsAny<CryptographicException>(() => new PersonCipher(Key(2)).Open(value, Column, row));
    }

    [Fact]
    public async Task A_persons_key_put_in_anothers_place_opens_nothing()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        hub.ExpectedErrors = text => text.Contains("GetCase failed", StringComparison.Ordinal);
        var household = await Household.OpenAsync(hub);
        await hub.ExecuteAsync($"update vault.person_keys set wrapped = (select wrapped from vault.person_keys where person_id = '{household.Child["persons/".Length..]}')");

        await HubError.OfAsync(ErrorReason.Internal, Grpc.Core.StatusCode.Internal, async () => await new CaseService.CaseServiceClient(hub.As("crm")).GetCaseAsync(new() { Name = household.Case }));
    }

    static byte[] Key(byte fill) => [.. Enumerable.Repeat(fill, 32)];

    static void AssertClosed(byte[] tampered) => Assert.ThrowsAny<CryptographicException>(() => cipher.Open(tampered, Column, row));
}
