using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Passerelle.Hub.Platform;

/// <summary>A column whose values are wrapped with a master key. All of them are registered with the container: a change of the master key wraps each anew.</summary>
/// <param name="Table">With its schema, where it is not the usual one.</param>
/// <param name="Key">The column of the row's id.</param>
public sealed record MasterSealed(string Table, string Key, string Column)
{
    /// <summary>The keys, and what leads to persons, stand in a schema of their own: a backup that is kept for long is made without it.</summary>
    public const string Schema = "vault";

    /// <summary>What is bound in: a wrapped value moved elsewhere does not open.</summary>
    public string Place(Guid id) => $"{Table}.{Column}/{id:D}";
}

public static class MasterSealedMapping
{
    /// <summary>Shows, as `master_id`, with which key a column is wrapped.</summary>
    public static void ShowsMasterOf<T>(this EntityTypeBuilder<T> builder, MasterSealed wrapped) where T : class =>
        builder.Property<string>("MasterId").HasComputedColumnSql($"encode(substr({wrapped.Column}, 2, 8), 'hex')", stored: true);
}
