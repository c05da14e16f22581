// What a partner that receives by push runs: a server of its own that implements exchanges.v1.DeliveryService.
import grpc from '@grpc/grpc-js';
import { encode, pack, service } from './contract.mjs';
import { isSigned } from './signature.mjs';

const PATIENCE = 60_000;

export class PartnerServer {
  #server = new grpc.Server();
  #kept = new Map();
  #waiting = new Map();
  #turnedAway = new Set();

  #keys;

  /** `keys`: what the hub signs with, as its operator gave them. */
  constructor(keys) {
    this.#keys = keys;
  }

  static async listen(address, keys) {
    const partner = new PartnerServer(keys);
    partner.#server.addService(service('exchanges/DeliveryService'), {
      DeliverExchange: (call, answer) => partner.#deliver(call, answer),
    });
    await new Promise((resolve, reject) => {
      partner.#server.bindAsync(address, grpc.ServerCredentials.createInsecure(), (error) => (error ? reject(error) : resolve()));
    });
    return partner;
  }

  /** The envelope of this exchange, once it is in our keeping. */
  receive(exchange) {
    if (this.#kept.has(exchange)) return Promise.resolve(this.#kept.get(exchange));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${exchange} was not pushed within ${PATIENCE / 1000} s`)), PATIENCE);
      this.#waiting.set(exchange, (envelope) => {
        clearTimeout(timer);
        resolve(envelope);
      });
    });
  }

  close() {
    this.#server.forceShutdown();
  }

  #deliver(call, answer) {
    const { envelope } = call.request;
    if (!this.#keys.every((key) => isSigned(call.metadata, envelope, key))) {
      answer({ code: grpc.status.UNAUTHENTICATED, details: 'not signed with every key' });
      return;
    }
    // The first try of each exchange is turned away, with a wish: the hub has to come again, and not at once.
    if (!this.#turnedAway.has(envelope.exchange)) {
      this.#turnedAway.add(envelope.exchange);
      answer(unavailable());
      return;
    }
    this.#kept.set(envelope.exchange, envelope);
    answer(null, {});
    this.#waiting.get(envelope.exchange)?.(envelope);
    this.#waiting.delete(envelope.exchange);
  }
}

function unavailable() {
  const code = grpc.status.UNAVAILABLE;
  const metadata = new grpc.Metadata();
  const details = [pack('google.rpc.RetryInfo', { retry_delay: { seconds: 1 } })];
  metadata.set('grpc-status-details-bin', encode('google.rpc.Status', { code, message: 'not at this moment', details }));
  return { code, details: 'not at this moment', metadata };
}
