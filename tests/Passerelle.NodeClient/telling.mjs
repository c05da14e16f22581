// Steps that are told in one line each, and what they expect.
import { isDeepStrictEqual } from 'node:util';

/** Longer than any single call may take: a step that outlives it hangs. */
const LONGEST_STEP = 120_000;

export class Teller {
  passed = 0;
  failed = 0;

  /** Plays a step; a failure is told and the story goes on. */
  async step(words, play) {
    try {
      await within(LONGEST_STEP, play());
      this.passed++;
      console.log(`ok ${words}`);
    } catch (error) {
      this.failed++;
      console.log(`FAILED ${words}: ${error.message}`);
    }
  }

  conclude() {
    console.log(`${this.passed} passed, ${this.failed} failed`);
    return this.passed > 0 && this.failed === 0 ? 0 : 1;
  }
}

/** Holds what the steps make for those that follow; asking for what was never made says why. */
export const keeping = () =>
  new Proxy({}, {
    get(made, name) {
      if (!(name in made)) throw new Error(`there is no ${String(name)}: an earlier step failed`);
      return made[name];
    },
  });

export function equal(actual, expected, what) {
  if (!isDeepStrictEqual(actual, expected)) throw new Error(`${what}: expected ${JSON.stringify(expected)}, was ${JSON.stringify(actual)}`);
}

export function atLeast(actual, least, what) {
  if (!(actual >= least)) throw new Error(`${what}: expected at least ${least}, was ${actual}`);
}

export function that(holds, what) {
  if (!holds) throw new Error(`expected ${what}`);
}

/** Waits for a refusal and checks its code and reason; returns the refusal. */
export async function refused(call, code, reason) {
  let error;
  try {
    await call;
  } catch (refusal) {
    error = refusal;
  }
  that(error, `${code} ${reason}, but the call was accepted`);
  if (error.code !== code || error.reason !== reason) throw new Error(`expected ${code} ${reason}, was: ${error.message}`);
  equal(error.info.domain, 'passerelle', 'domain of the error');
  return error;
}

/** All items of a list, page after page. */
export async function pages(hub, path, request, items) {
  const all = [];
  for (let token = ''; ; ) {
    const page = await hub.call(path, { ...request, page_token: token });
    all.push(...page[items]);
    token = page.next_page_token;
    if (token === '') return all;
  }
}

export const seconds = (timestamp) => timestamp.seconds + timestamp.nanos / 1e9;

function within(milliseconds, work) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${milliseconds / 1000} s`)), milliseconds);
  });
  return Promise.race([work, limit]).finally(() => clearTimeout(timer));
}
