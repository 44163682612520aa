/** Pushes as they arrive over the socket, before the client processes them. */
import { afterAll, expect, it } from 'vitest';
import { PROCESS_STATE_FIELDS } from '../client/api-types.ts';
import { systemClock } from '../client/clock.ts';
import { createCredentials } from '../client/credentials.ts';
import { parseEndpoint } from '../client/endpoint.ts';
import { createProcessId, type ProcessState } from '../client/index.ts';
import { operation } from '../client/operation.ts';
import { Realtime } from '../client/realtime.ts';
import { newClient, outputs } from './facade.ts';

/**
 * AppSync silently drops larger payloads:
 * https://docs.aws.amazon.com/general/latest/gr/appsync.html
 */
const LARGEST_PUSH_BYTES = 240_000;

const client = newClient();
const realtime = new Realtime({
  endpoint: parseEndpoint(outputs),
  credentials: createCredentials({ apiKey: outputs.apiKey }),
  webSocket: WebSocket,
  clock: systemClock,
});
afterAll(() => {
  realtime.dispose();
  client.dispose();
});

it('the end of a process with far more data than AppSync can push is pushed, in under 4 KB', async () => {
  const processId = createProcessId();
  const sizes: number[] = [];
  const ended = new Promise<ProcessState>((done) => {
    realtime.subscribe(
      operation('subscription', 'onProcessState', { processId: ['ID!', processId] }, PROCESS_STATE_FIELDS),
      {
        onAck: () =>
          client.start('six-steps', { words: ['x'.repeat(2 * LARGEST_PUSH_BYTES)] }, { processId }),
        onData(payload) {
          sizes.push(Buffer.byteLength(JSON.stringify(payload)));
          const state = payload.data?.onProcessState as ProcessState;
          if (state.stoppedAt) done(state);
        },
        onDown() {},
      },
    );
  });
  expect(await ended).toMatchObject({ status: 'SUCCEEDED', version: 2, stepsDone: 6 });
  expect(Math.max(...sizes)).toBeLessThan(4_096);
  const { steps } = await client.data(processId, { steps: ['StepF'] });
  expect(steps[0]?.bytes).toBeGreaterThan(LARGEST_PUSH_BYTES);
});
