// Whether an exchange that was pushed is the hub's: as the comment of exchanges.v1.DeliveryService says, with nothing but Node's own cryptography.
import { createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto';

const TOLERANCE = 5 * 60;

/** `key` is a secret, `whsec_...`, or a public key, `whpk_...`. */
export function isSigned(metadata, envelope, key) {
  const one = (name) => (metadata.get(name).length === 1 ? metadata.get(name)[0] : '');
  const [id, timestamp] = [one('webhook-id'), one('webhook-timestamp')];
  const { kind, case: household, subject, payload } = envelope;
  const parts = [kind, household, subject, payload.type_url];
  if (id !== envelope.exchange || id.includes('.') || parts.some((part) => part.includes('\n'))) return false;
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(Date.now() / 1000 - Number(timestamp)) > TOLERANCE) return false;

  const content = Buffer.concat([Buffer.from(`${id}.${timestamp}.${parts.map((part) => `${part}\n`).join('')}`), payload.value]);
  const check = key.startsWith('whsec_') ? hmac(Buffer.from(key.slice('whsec_'.length), 'base64')) : ed25519(Buffer.from(key.slice('whpk_'.length), 'base64'));
  const signatures = metadata.get('webhook-signature').flatMap((each) => each.split(' '));
  return signatures.some((each) => each.startsWith(`${check.version},`) && check.holds(content, Buffer.from(each.slice(check.version.length + 1), 'base64')));
}

const hmac = (secret) => ({
  version: 'v1',
  holds(content, signature) {
    const expected = createHmac('sha256', secret).update(content).digest();
    return signature.length === expected.length && timingSafeEqual(signature, expected);
  },
});

function ed25519(bytes) {
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') }, format: 'jwk' });
  return { version: 'v1a', holds: (content, signature) => verify(null, content, key, signature) };
}
