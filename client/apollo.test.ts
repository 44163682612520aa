import { ApolloClient, gql, InMemoryCache } from '@apollo/client';
import { describe, expect, it } from 'vitest';
import { createProcessLink, type ProcessLinkOptions } from './apollo.ts';
import { createProcessId } from './process-id.ts';
import { createTestClock } from './test-clock.ts';
import { startTestServer, testState, until } from './test-server.ts';

const id = createProcessId();
const STATE_QUERY = gql`query ($processId: ID!) { processState(processId: $processId) { processId status } }`;
const STATE_SUBSCRIPTION = gql`
  subscription ($processId: ID!) { onProcessState(processId: $processId) { processId status } }
`;

async function startApollo(options: Partial<ProcessLinkOptions> = {}) {
  const server = await startTestServer();
  const clock = createTestClock();
  const credentials = options.token ? {} : { apiKey: 'key' };
  const links = createProcessLink({ endpoint: server.endpoint, clock, ...credentials, ...options });
  const client = new ApolloClient({ link: links.link, cache: new InMemoryCache() });
  const statuses: (string | undefined)[] = [];
  const failures: unknown[] = [];
  const subscription = client
    .subscribe<{ onProcessState?: { status: string } }>({
      query: STATE_SUBSCRIPTION,
      variables: { processId: id },
    })
    .subscribe({
      next: ({ data, error }) => {
        if (error) failures.push(error);
        else statuses.push(data?.onProcessState?.status);
      },
    });
  return {
    ...links,
    client,
    clock,
    server,
    statuses,
    failures,
    subscription,
    async [Symbol.asyncDispose]() {
      links.dispose();
      client.stop();
      await server[Symbol.asyncDispose]();
    },
  };
}

describe('the link for Apollo Client', () => {
  it.each([
    ['an API key', {}],
    ['a token', { token: () => 'key' }],
  ])('queries over HTTP and subscribes over the socket with %s', async (_, options) => {
    await using apollo = await startApollo(options);
    const { client, server, statuses } = apollo;
    server.record(testState(id));
    await until(() => server.subscriptions().length === 1);
    server.push(testState(id));
    await until(() => statuses.length === 1);

    const { data } = await client.query({ query: STATE_QUERY, variables: { processId: id } });
    expect(data).toMatchObject({ processState: { status: 'RUNNING' } });
    expect(statuses).toEqual(['RUNNING']);
    expect(server.requests.map(({ credential }) => credential)).toEqual(['key']);
  });

  it('keeps the subscription over a cut socket, and says when to fetch what was missed', async () => {
    let gaps = 0;
    await using apollo = await startApollo({
      onResubscribe: () => {
        gaps += 1;
      },
    });
    const { clock, connection, server, statuses } = apollo;
    await until(() => server.subscriptions().length === 1);
    server.cut();
    await until(() => connection.state === 'disconnected');
    expect(gaps).toBe(0);
    clock.advance(6_000);
    await until(() => gaps === 1);
    server.push(testState(id, { status: 'SUCCEEDED' }));
    await until(() => statuses.length === 1);
  });

  it('ends the subscription with the error when the server rejects it', async () => {
    await using apollo = await startApollo();
    const { failures, server, clock } = apollo;
    const errors = {
      errorType: 'MaxSubscriptionsReachedError',
      message: 'Max number of 100 subscriptions reached',
    };
    server.rejectStart = () => ({ type: 'error', payload: { errors } });
    await until(() => failures.length === 1);
    expect(failures[0]).toMatchObject({ name: 'RequestError', errorType: 'MaxSubscriptionsReachedError' });
    clock.advance(1_000);
    expect(clock.delaysMs()).toEqual([]);
  });

  it('ends the subscription with an error on a platform without WebSocket', async () => {
    const { WebSocket } = globalThis;
    Object.assign(globalThis, { WebSocket: undefined });
    try {
      await using apollo = await startApollo();
      await until(() => apollo.failures.length === 1);
      expect(String(apollo.failures[0])).toContain('Expected the option webSocket');
    } finally {
      Object.assign(globalThis, { WebSocket });
    }
  });

  it('stops the subscription when the caller does', async () => {
    await using apollo = await startApollo();
    const { clock, connection, server, subscription } = apollo;
    await until(() => server.subscriptions().length === 1);
    subscription.unsubscribe();
    await until(() => server.subscriptions().length === 0);
    clock.advance(1_000);
    expect(connection.state).toBe('idle');
  });
});
