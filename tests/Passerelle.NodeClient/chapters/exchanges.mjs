// What is the same for everything that travels: fetching, acknowledging, and what an answered exchange looks like.
import { unpack } from '../contract.mjs';
import { equal } from '../telling.mjs';

/** Watches a pulling partner's inbox until this exchange is there, and acknowledges it. Returns the envelope. */
export async function fetchFrom(hub, exchange) {
  for await (const { item, envelope } of hub.watch('exchanges/InboxService/WatchInbox', {})) {
    if (item !== 'envelope' || envelope.exchange !== exchange) continue;
    const acknowledged = await hub.call('exchanges/InboxService/AcknowledgeExchange', { name: exchange });
    equal(acknowledged.exchange.state, 'STATE_AWAITING_ANSWER', 'state once acknowledged');
    equal(acknowledged.exchange.window.state, 'STATE_RUNNING', 'state of the window once acknowledged');
    return envelope;
  }
  throw new Error('the inbox ended without it');
}

/** What an envelope carries, when it is the type that its kind promises. */
export function open(envelope, kind, type) {
  equal(envelope.kind, kind, 'kind');
  const payload = unpack(envelope.payload);
  equal(payload.type, type, 'type of the payload');
  return payload.message;
}

/** Reads an exchange that was answered; its window must have been met, and was to end with the promise that it serves. */
export async function answered(hub, name, code, transport, promisedUntil) {
  const { exchange, attempts } = await hub.call('exchanges/ExchangeService/GetExchange', { name });
  equal([exchange.state, exchange.answer_code], ['STATE_ANSWERED', code], 'state and answer of the exchange');
  equal([exchange.window.family, exchange.window.state], ['FAMILY_PARTNER_WINDOW', 'STATE_MET'], 'family and state of the window');
  equal(exchange.window.start_time, exchange.delivery_time, 'start of the window, the delivery');
  equal(exchange.window.due_time, promisedUntil, 'end of the window, no later than the promise');
  const last = attempts.at(-1);
  equal([last.outcome, last.transport, last.sha256.length], ['OUTCOME_ACCEPTED', transport, 32], 'last attempt');
  return attempts;
}
