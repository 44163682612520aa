/**
 * Amplify's client from npm: with the lines in docs/client.md, it subscribes to the local runtime.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInThisContext } from 'node:vm';
import { generateClient } from '@aws-amplify/api';
import { Amplify, Hub } from '@aws-amplify/core';
import { afterAll, expect, it } from 'vitest';
import { createProcessId } from '../client/index.ts';
import { example, outputs } from './facade.ts';

type Pushed = { data: { onProcessState: { status: string } } };
type Subscription = {
  subscribe(observer: { next(pushed: Pushed): void; error(error: unknown): void }): { unsubscribe(): void };
};

const document = readFileSync(join(import.meta.dirname, '../docs/client.md'), 'utf8');
const snippet = /<!-- run by test\/amplify.test.ts -->\n```js\n([\s\S]*?)```/.exec(document)?.[1] ?? '';
const { WebSocket } = globalThis;
afterAll(() => {
  globalThis.WebSocket = WebSocket;
});

const SUBSCRIBE = 'subscription ($id: ID) { onProcessState(processId: $id) { processId status } }';
const START = `mutation ($input: AWSJSON!, $id: ID) {
  startProcess(definition: "order", input: $input, processId: $id) { status }
}`;

it('Amplify starts a process, subscribes to it and receives its completion', async () => {
  expect(snippet).toContain('globalThis.WebSocket');
  runInThisContext(snippet);
  const { endpoint, region, apiKey } = outputs;
  Amplify.configure({ API: { GraphQL: { endpoint, region, apiKey, defaultAuthMode: 'apiKey' } } });
  const client = generateClient();
  const id = createProcessId();
  const statuses: string[] = [];
  let unsubscribe = () => {};
  const acknowledged = new Promise<void>((done) => {
    Hub.listen('api', ({ payload }) => payload.event === 'Subscription ack' && done());
  });
  const ended = new Promise<void>((done, fail) => {
    const pushes = client.graphql({ query: SUBSCRIBE, variables: { id } }) as unknown as Subscription;
    const subscription = pushes.subscribe({
      next({ data }) {
        statuses.push(data.onProcessState.status);
        if (statuses.at(-1) === 'SUCCEEDED') done();
      },
      error: fail,
    });
    unsubscribe = () => subscription.unsubscribe();
  });
  await Promise.race([acknowledged, ended]);
  await client.graphql({ query: START, variables: { id, input: JSON.stringify(example('order')) } });
  await ended;
  unsubscribe();
  expect(statuses.at(-1)).toBe('SUCCEEDED');
});
