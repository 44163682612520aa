/**
 * A counter outside the runtime: the effect of the steps of `counted`. When an effect comes a
 * second time, it looks whether the step's document was written already: then the step should not
 * have run again.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What was counted. */
export type Counter = {
  url: string;
  /** How many effects there were in total. */
  effects(): number;
  /**
   * Repeated effects of steps that had not written their document: they were cut off in the middle.
   */
  repeated(): number;
  /** Repeated effects of steps whose document was written: there must be none. */
  wrong(): string[];
  close(): void;
};

/** Counts on a free port. `isWritten` looks whether the step's document is there. */
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
