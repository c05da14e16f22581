using System.Globalization;
using System.Text;
using Grpc.Core;
using Passerelle.Hub.Partners;
using Wire = Passerelle.Contracts.Exchanges.V1;

namespace Passerelle.Hub.Exchanges;

/// <summary>What goes with a pushed envelope so that the partner can tell who sent it: see DeliveryService in the contract.</summary>
public static class PayloadSignature
{
    /// <summary>Empty without keys.</summary>
    public static Metadata Of(Wire.Envelope envelope, IReadOnlyList<PayloadSigner> signers, DateTimeOffset now)
    {
        var metadata = new Metadata();
        if (signers.Count == 0) return metadata;
        var timestamp = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var content = ContentOf(envelope, timestamp);
        metadata.Add("webhook-id", envelope.Exchange);
        metadata.Add("webhook-timestamp", timestamp);
        metadata.Add("webhook-signature", string.Join(' ', signers.Select(s => s.Sign(content))));
        return metadata;
    }

    static byte[] ContentOf(Wire.Envelope envelope, string timestamp)
    {
        var payload = envelope.Payload;
        return [.. Encoding.UTF8.GetBytes($"{envelope.Exchange}.{timestamp}.{envelope.Kind}\n{envelope.Case}\n{envelope.Subject}\n{payload.TypeUrl}\n"), .. payload.Value.Span];
    }
}
