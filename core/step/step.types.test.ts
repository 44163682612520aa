/** Type inference of `step()`: tsc checks the assertions, so they also hold in `npm run lint`. */
import { expectTypeOf, it } from 'vitest';
import * as z from 'zod';
import { type StepResult, step } from './step.ts';

const Order = z.object({ total: z.number() });
const Price = z.object({ cents: z.number().transform((cents) => BigInt(cents)) });
const Packed = z.array(z.object({ parcel: z.number() }));
const Receipt = z.object({ id: z.string() });

it('infers the documents from the output types of the schemas', () => {
  step({
    reads: { input: Order, Price, 'Pack/*': Packed },
    run: (documents) => {
      expectTypeOf(documents.input).toEqualTypeOf<{ total: number }>();
      expectTypeOf(documents.Price).toEqualTypeOf<{ cents: bigint }>();
      expectTypeOf(documents['Pack/*']).toEqualTypeOf<{ parcel: number }[]>();
      return { output: {} };
    },
  });
});

it('makes documents of readsIfWritten optional', () => {
  step({
    reads: { input: Order },
    readsIfWritten: { Price },
    ready: ({ Price: price }) => price !== undefined,
    run: ({ input, Price: price }) => {
      expectTypeOf(input).toEqualTypeOf<{ total: number }>();
      expectTypeOf(price).toEqualTypeOf<{ cents: bigint } | undefined>();
      return { output: {} };
    },
  });
});

it('rejects documents that are not declared', () => {
  step({
    reads: { input: Order },
    // @ts-expect-error: Price is not among the reads.
    run: ({ Price: price }) => ({ output: { price } }),
  });
});

it('requires the output type of the schema in writes', () => {
  step({ reads: {}, writes: Receipt, run: () => ({ output: { id: 'r-1' } }) });
  // @ts-expect-error: id is not a string.
  step({ reads: {}, writes: Receipt, run: () => ({ output: { id: 1 } }) });
  // @ts-expect-error: a step returns { output }, not the output itself.
  step({ reads: {}, writes: Receipt, run: () => ({ id: 'r-1' }) });
});

it('accepts a promise, and routing values beside the output', () => {
  step({ reads: {}, writes: Receipt, run: async () => ({ output: { id: 'r-1' }, route: { retry: true } }) });
  expectTypeOf<StepResult<{ id: string }>['route']>().toEqualTypeOf<Record<string, unknown> | undefined>();
  // @ts-expect-error: route is an object, not a string.
  step({ reads: {}, writes: Receipt, run: () => ({ output: { id: 'r-1' }, route: 'retry' }) });
});

it('types the context', () => {
  step({
    reads: {},
    run: (_, context) => {
      expectTypeOf(context.attempt).toEqualTypeOf<number>();
      expectTypeOf(context.part).toEqualTypeOf<string | undefined>();
      expectTypeOf(context.signal).toEqualTypeOf<AbortSignal>();
      // @ts-expect-error: the routing values are read-only.
      context.route.payment = 'declined';
      return { output: {} };
    },
  });
});
