// What the proofs and the scripts tell each other: lines of JSON. A script says on what addresses its targets listen, gets a
// line with the routes through the proxy, and says of each case what was expected and what was seen.

import { once } from 'node:events';
import readline from 'node:readline';
import { isDeepStrictEqual } from 'node:util';

import { Route } from './routes.mjs';

// Nothing here takes so long; what waits in vain must not keep a test.
const MOST_SECONDS = 150;

// Where one case after the other does not come to its end the next ones need not be waited for as long.
const PATIENCE_MILLIS = [20_000, 8_000, 2_000, 500, 200];
const late = new Map();

const input = readline.createInterface({ input: process.stdin });

export function say(line) {
  process.stdout.write(JSON.stringify(line) + '\n');
}

setTimeout(() => {
  console.error(`not done after ${MOST_SECONDS} s`);
  process.exit(1);
}, MOST_SECONDS * 1000).unref();

/**
 * Says where the targets are and returns the routes to go by besides the direct one: none if the input ends, as it does when
 * a script is run by hand with nothing to read. The end of the input afterwards ends the process.
 */
export async function askForRoutes(targets) {
  say({ targets });
  const [line] = await Promise.race([once(input, 'line'), once(input, 'close')]);
  if (line === undefined) {
    return [];
  }
  input.on('close', () => process.exit(1));
  return JSON.parse(line).routes.map((route) => new Route(route));
}

/** Says what a case came to on one route; run by hand, only what went wrong would be worth reading. */
export function report(name, route, expected, seen) {
  say({ name, route, expected, seen });
  if (!isDeepStrictEqual(expected, seen)) {
    process.exitCode = 1;
  }
}

/** Waits for what a case does on a route, and says in its transcript if that fails or does not come to its end. */
export async function withPatience(route, played, transcript) {
  let timer;
  const before = late.get(route) ?? 0;
  const patience = new Promise((resolve) => (timer = setTimeout(resolve, PATIENCE_MILLIS[before], 'late')));
  try {
    if ((await Promise.race([played, patience])) === 'late') {
      late.set(route, Math.min(before + 1, PATIENCE_MILLIS.length - 1));
      transcript.push('did not come to its end in time');
    }
  } catch (error) {
    transcript.push(`failed: ${error.message}`);
  }
  clearTimeout(timer);
}

/** Plays each case directly, and then by all routes at once that it is for; what was seen directly has to be seen by all. */
export async function playAll(cases, direct, routes, play, isFor = () => true) {
  for (const each of cases) {
    const seen = await play(each, direct);
    const expected = each.expect ?? seen;
    report(each.name, direct.name, expected, seen);
    const applicable = routes.filter((route) => (!each.http1Only || !route.http2) && isFor(each, route));
    await Promise.all(
      applicable.map(async (route) => report(each.name, route.name, expected, await play(each, route))),
    );
  }
}
