namespace Passerelle.Hub.Partners;

/// <summary>The hub does not talk to what it found at a partner's address. The word is what the attempt's error says.</summary>
public sealed class PushForbidden(string word) : Exception(word)
{
    public string Word { get; } = word;

    public static PushForbidden Address() => new("ADDRESS_FORBIDDEN");

    public static PushForbidden UntrustedCertificate() => new("TLS_UNTRUSTED");

    public static PushForbidden WrongName() => new("TLS_WRONG_NAME");
}
