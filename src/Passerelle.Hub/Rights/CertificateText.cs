using System.Globalization;
using System.Resources;

namespace Passerelle.Hub.Rights;

/// <summary>What certificates say, in French. The words are in CertificateText.resx.</summary>
public static class CertificateText
{
    static readonly CultureInfo French = CultureInfo.GetCultureInfo("fr-FR");
    static readonly ResourceManager Texts = new(typeof(CertificateText));

    public static string RecallTitle => Text("RecallTitle");

    public static string Of(Contracts.Privacy.V1.RecallReason reason) => Text($"Reason_{reason}");

    public static string ErasureTitle => Text("ErasureTitle");

    public static string ErasureSaid => Text("ErasureSaid");

    public static string ArchiveTitle(bool portable) => Text(portable ? "PortableTitle" : "AccessTitle");

    /// <summary>That there is no answer is said too.</summary>
    public static string Of(Contracts.Privacy.V1.RecallOutcome outcome) => Text($"Outcome_{outcome}");

    static string Text(string name) => Texts.GetString(name, French) ?? throw new InvalidOperationException($"CertificateText.resx has no {name}.");
}
