// The hub, called as one caller. Paths are `<area>/<Service>/<Method>`, e.g. `cases/CaseService/OpenCase`.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import grpc from '@grpc/grpc-js';
import { decode, service, unpack } from './contract.mjs';

const PATIENCE = 60_000;

// The hub under test is on this machine or beside it: a proxy in the environment is not for it.
const CHANNEL = { 'grpc.enable_http_proxy': 0 };

/** For the `request_id` of every call that creates or answers. */
export const requestId = () => randomUUID();

export class Hub {
  #target;
  #credentials;
  #metadata = new grpc.Metadata();
  #clients = new Map();

  constructor(target, credentials, key) {
    this.#target = target;
    this.#credentials = credentials;
    // Why an internal application reads what is about people; a partner need not say it.
    this.#metadata.set('passerelle-purpose', 'case_handling');
    if (key) this.#metadata.set('authorization', `Bearer ${key}`);
  }

  /** By key, without TLS. */
  static withKey(address, key) {
    return new Hub(new URL(address).host, grpc.credentials.createInsecure(), key);
  }

  /** By client certificate, without a key. Each file is PEM; `certificate` holds the certificate and its private key. */
  static withCertificate(address, authority, certificate) {
    const both = readFileSync(certificate);
    return new Hub(new URL(address).host, grpc.credentials.createSsl(readFileSync(authority), both, both));
  }

  /** One message each way. */
  call(path, request) {
    const [client, method] = this.#method(path);
    return new Promise((resolve, reject) => {
      client[method](request, this.#metadata, { deadline: deadline() }, settle(path, resolve, reject));
    });
  }

  /** Many messages, one answer. */
  send(path, messages) {
    const [client, method] = this.#method(path);
    return new Promise((resolve, reject) => {
      const stream = client[method](this.#metadata, { deadline: deadline() }, settle(path, resolve, reject));
      Readable.from(messages).pipe(stream);
    });
  }

  /** One message, many answers. Leaving the loop ends the call. */
  async *watch(path, request) {
    const [client, method] = this.#method(path);
    const stream = client[method](request, this.#metadata, { deadline: deadline() });
    // Ending the call shows as an error that nobody waits for any more.
    stream.on('error', () => {});
    try {
      yield* stream;
    } catch (error) {
      throw HubError.of(path, error);
    } finally {
      stream.cancel();
    }
  }

  close() {
    for (const client of this.#clients.values()) client.close();
  }

  #method(path) {
    const cut = path.lastIndexOf('/');
    const [name, method] = [path.slice(0, cut), path.slice(cut + 1)];
    if (!this.#clients.has(name)) {
      const Client = grpc.makeGenericClientConstructor(service(name), name);
      this.#clients.set(name, new Client(this.#target, this.#credentials, CHANNEL));
    }
    const client = this.#clients.get(name);
    if (!client[method]) throw new Error(`${name} has no method ${method}.`);
    return [client, method];
  }
}

/** A refusal: the canonical code, the hub's reason, and the details by type, e.g. `details['google.rpc.BadRequest']`. */
export class HubError extends Error {
  static of(path, error) {
    const encoded = error.metadata?.get('grpc-status-details-bin')[0];
    const details = {};
    for (const any of encoded ? decode('google.rpc.Status', encoded).details : []) {
      const { type, message } = unpack(any);
      details[type] = message;
    }
    const code = grpc.status[error.code] ?? String(error.code);
    const info = details['google.rpc.ErrorInfo'];
    const fields = (details['google.rpc.BadRequest']?.field_violations ?? []).map((v) => `${v.field}: ${v.description}`);
    const words = [code, info?.reason, error.details ?? error.message, fields.length > 0 ? `(${fields.join('; ')})` : ''];
    return Object.assign(new HubError(`${path}: ${words.filter(Boolean).join(' ')}`), { code, details, info, reason: info?.reason ?? '' });
  }
}

const deadline = () => Date.now() + PATIENCE;

const settle = (path, resolve, reject) => (error, response) => (error ? reject(HubError.of(path, error)) : resolve(response));
