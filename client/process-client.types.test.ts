/** Types of a client with definitions. tsc checks them, so they also hold in `npm run lint`. */
import { describe, expectTypeOf, it } from 'vitest';
import {
  createProcessClient,
  type ProcessClient,
  type ProcessDocument,
  type ProcessState,
  type ProcessUpdate,
} from './index.ts';

type Order = { orderId: string; quantity: number };
type Confirmation = { orderId: string; totalCents: number };
type Definitions = {
  order: { input: Order; output: Confirmation };
  shipping: { input: { address: string }; output: { parcel: string } };
};

const order: Order = { orderId: 'A-1', quantity: 1 };
const options = { endpoint: 'https://shop.example/graphql', apiKey: 'key' };

/** Checks types only: nothing is sent. */
const check = (_calls: (client: ProcessClient<Definitions>) => unknown) => undefined;

describe('a client with definitions', () => {
  it('takes the input of the named definition, and returns its output', () => {
    check(async (client) => {
      expectTypeOf(await client.run('order', order)).toEqualTypeOf<Confirmation | null>();
      expectTypeOf((await client.start('order', order)).definition).toEqualTypeOf<'order'>();
    });
  });

  it('rejects the name of no definition', () => {
    check((client) => {
      // @ts-expect-error: no definition has the name.
      client.run('ordr', order);
      // @ts-expect-error: no definition has the name.
      client.start('ordr', order);
      // @ts-expect-error: no definition has the name.
      client.data<'ordr'>('id');
    });
  });

  it('rejects the input of another definition', () => {
    check((client) => {
      // @ts-expect-error: an order is not the input of shipping.
      client.run('shipping', order);
      // @ts-expect-error: the quantity is missing.
      client.start('order', { orderId: 'A-1' });
      // @ts-expect-error: the quantity is not a number.
      client.run('order', { orderId: 'A-1', quantity: '1' });
      // @ts-expect-error: an order has no discount.
      client.run('order', { ...order, discount: 1 });
    });
  });

  it('rejects the use of an output that the definition does not have', () => {
    check(async (client) => {
      const output = await client.run('order', order);
      // @ts-expect-error: an order has no parcel.
      output?.parcel;
      // @ts-expect-error: it may be null.
      output.totalCents;
      // @ts-expect-error: the output follows from the name alone.
      client.run<{ parcel: string }>('order', order);
    });
  });

  it('has states that name one of the definitions', () => {
    check(async (client) => {
      for (const state of [await client.get('id'), await client.wait('id'), await client.stop('id')])
        expectTypeOf(state.definition).toEqualTypeOf<'order' | 'shipping'>();
      for await (const update of client.watch('id')) {
        if (update.kind === 'state')
          expectTypeOf(update.state.definition).toEqualTypeOf<'order' | 'shipping'>();
      }
      client.run('order', order, {
        onUpdate(update) {
          // @ts-expect-error: no order has this definition.
          if (update.kind === 'state') update.state.definition === 'shipping';
        },
      });
    });
  });

  it('has typed data, of the named definition or of all', () => {
    check(async (client) => {
      const { input, output } = await client.data<'order'>('id');
      expectTypeOf(input).toEqualTypeOf<ProcessDocument<Order>>();
      expectTypeOf(output).toEqualTypeOf<ProcessDocument<Confirmation> | null>();
      const any = await client.data('id');
      expectTypeOf(any.output).toEqualTypeOf<ProcessDocument<Confirmation | { parcel: string }> | null>();
    });
  });

  it('takes definitions from an interface, and rejects what are none', () => {
    interface Shop {
      order: { input: Order; output: Confirmation };
    }
    const create = () => createProcessClient<Shop>(options);
    expectTypeOf(create).returns.toEqualTypeOf<ProcessClient<Shop>>();
    // @ts-expect-error: a definition has an input and an output.
    const wrong = () => createProcessClient<{ order: Order }>(options);
    expectTypeOf(wrong).toBeFunction();
  });
});

describe('a client without definitions', () => {
  it('takes any name and input, and the type of the output as an argument', () => {
    const calls = async (client: ProcessClient) => {
      expectTypeOf(await client.run('any', {})).toEqualTypeOf<unknown>();
      expectTypeOf(await client.run<Confirmation>('any', {})).toEqualTypeOf<Confirmation | null>();
      expectTypeOf(await client.start('any', {})).toEqualTypeOf<ProcessState>();
      expectTypeOf((await client.data('id')).input.content).toEqualTypeOf<unknown>();
      expectTypeOf(client.watch('id')).toEqualTypeOf<AsyncIterable<ProcessUpdate>>();
    };
    expectTypeOf(calls).toBeFunction();
    expectTypeOf(() => createProcessClient(options)).returns.toEqualTypeOf<ProcessClient>();
  });
});
