// One household's story, step by step, by a client that knows the hub by its .proto files only.
//
//   node story.mjs --keys .data/dev-keys.json --listen 127.0.0.1:5082
//
// --keys    what the hub writes for its demonstration: its addresses, and a key for each caller
// --listen  where the hub delivers to emploi-demo (Demo:PartnerAddress): this client serves it
//
// It plays the partners as well, so no other client may fetch their exchanges meanwhile.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Hub } from './hub.mjs';
import { PartnerServer } from './partner-server.mjs';
import { Teller, keeping } from './telling.mjs';
import { closing } from './chapters/closing.mjs';
import { door } from './chapters/door.mjs';
import { enrolment } from './chapters/enrolment.mjs';
import { household } from './chapters/household.mjs';
import { listings } from './chapters/listings.mjs';
import { offers } from './chapters/offers.mjs';
import { referrals } from './chapters/referrals.mjs';

const { keys, listen } = parseArgs({ options: { keys: { type: 'string' }, listen: { type: 'string' } } }).values;
if (!keys || !listen) {
  console.error('Usage: node story.mjs --keys FILE --listen HOST:PORT');
  process.exit(2);
}

const { addresses, authority, callers } = JSON.parse(readFileSync(keys, 'utf8'));
const caller = (name) => callers.find((each) => each.name === name) ?? fail(`The keys file has no caller ${name}.`);
const hubs = Object.fromEntries(callers.map(({ name, key }) => [name.replace('-demo', ''), Hub.withKey(addresses.grpc, key)]));
const partner = (name) => caller(`${name}-demo`).partner;
const server = await PartnerServer.listen(listen, caller('emploi-demo').verifyWith);
const teller = new Teller();

// `made` is what the steps leave for those that follow.
const story = { addresses, authority, caller, hubs, partner, server, made: keeping(), step: (words, play) => teller.step(words, play) };
for (const chapter of [door, household, referrals, listings, offers, enrolment, closing]) await chapter(story);

server.close();
for (const hub of Object.values(hubs)) hub.close();
process.exitCode = teller.conclude();

function fail(sentence) {
  throw new Error(sentence);
}
