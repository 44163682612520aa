import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { API_KEY, connectAcknowledged, ROLE_ARN, serveAppSync } from '../serve-for-test.ts';

const schema = `
  type Query { q: String }
  type Mutation { count(n: Int): Int @aws_iam }
  type Subscription {
    fast: Int @aws_subscribe(mutations: ["count"])
    slow: Int @aws_subscribe(mutations: ["count"])
  }
`;
const resolvers = [
  {
    typeName: 'Mutation',
    fieldName: 'count',
    dataSourceName: 'none',
    code: 'export const request = (ctx) => ({ payload: ctx.args.n }); export const response = (ctx) => ctx.result;',
  },
  { typeName: 'Subscription', fieldName: 'slow', dataSourceName: 'fn' },
];

type Frame = { type: string; id: string; payload?: { data?: Record<string, number> } };

const id = fc.constantFrom('a', 'b', 'c');
const step = fc.oneof(
  fc.record({ do: fc.constantFrom('fast' as const, 'slow' as const), id }),
  fc.record({ do: fc.constant('stop' as const), id }),
  fc.record({ do: fc.constant('publish' as const) }),
  fc.record({ do: fc.constant('wait' as const) }),
);

test('in any order of starts, stops and mutations, a push reaches exactly what is acknowledged and not yet completed', async () => {
  await using api = await serveAppSync({ schema, resolvers, lambda: () => setImmediate(null) });
  const start = (subscription: string, field: string) => ({
    id: subscription,
    type: 'start',
    payload: {
      data: JSON.stringify({ query: `subscription { ${field} }` }),
      extensions: { authorization: { host: 'localhost', 'x-api-key': API_KEY } },
    },
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const socket = await connectAcknowledged(api);
      // It is there for every push, and so shows where among the other frames each one happened.
      await socket.start('witness', 'subscription { fast }');
      for (const [n, current] of steps.entries()) {
        if (current.do === 'publish') {
          await api.appSync.executeAsRole(ROLE_ARN, 'mutation ($n: Int) { count(n: $n) }', { n });
        } else if (current.do === 'wait') await setImmediate();
        else if (current.do === 'stop') socket.send({ type: 'stop', id: current.id });
        else socket.send(start(current.id, current.do));
      }
      const live = new Set(['witness']);
      const pushes = new Map<number, { reached: string[]; live: string[] }>();
      // The slow subscriptions before it are granted before this one is.
      socket.send(start('last', 'slow'));
      for (;;) {
        const frame = (await socket.next()) as Frame;
        if (frame.type === 'start_ack' && frame.id === 'last') break;
        if (frame.type === 'start_ack') live.add(frame.id);
        if (frame.type === 'complete') live.delete(frame.id);
        if (frame.type !== 'data') continue;
        const [n = -1] = Object.values(frame.payload?.data ?? {});
        const push = pushes.get(n) ?? { reached: [], live: [...live] };
        pushes.set(n, { ...push, reached: [...push.reached, frame.id] });
      }
      const published = [...steps.entries()].filter(([, { do: what }]) => what === 'publish').map(([n]) => n);
      expect([...pushes.keys()]).toEqual(published);
      for (const push of pushes.values()) expect(push.reached.toSorted()).toEqual(push.live.toSorted());
      socket.raw.close();
      await socket.closed;
    }),
    { numRuns: 60 },
  );
});
