/**
 * A counter outside the runtime: the effect of the steps of `counted`. When an effect is repeated,
 * it checks whether the step's document was already written: the step must not have run again then.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** The counts. */
export type Counter = {
  url: string;
  /** The total number of effects. */
  effects(): number;
  /**
   * Repeated effects of steps that had not written their document, since they were interrupted.
   */
  repeated(): number;
  /** Repeated effects of steps whose document was written: there must be none. */
  wrong(): string[];
  close(): void;
};

/** Starts the counter on a free port. `isWritten` checks whether the step's document exists. */
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
