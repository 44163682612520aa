/**
 * A counter outside the runtime: the effect of the steps of `counted`. For an effect that comes again it looks whether the step's document
 * was written already: then the step should not have run.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What was counted. */
export type Counter = {
  url: string;
  /** How many effects there were in all. */
  effects(): number;
  /** Effects of a step that had one already, before its document was written: it was cut off in the middle. */
  repeated(): number;
  /** Effects of steps whose document was written: there must be none. */
  wrong(): string[];
  close(): void;
};

/** Counts on a free port. `isWritten` tells whether the step's document is there. */
export async function startCounter(
  isWritten: (effect: { processId: string; owner: string; step: string }) => Promise<boolean>,
): Promise<Counter> {
  const seen = new Set<string>();
  const wrong: string[] = [];
  let effects = 0;
  let repeated = 0;
  const server = createServer(async (request, response) => {
    const effect = JSON.parse(await text(request)) as { processId: string; owner: string; step: string };
    const name = `${effect.processId} ${effect.step}`;
    effects++;
    if (seen.has(name)) {
      if (await isWritten(effect).catch(() => false)) wrong.push(name);
      else repeated++;
    }
    seen.add(name);
    response.end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    effects: () => effects,
    repeated: () => repeated,
    wrong: () => wrong,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
