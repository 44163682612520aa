/** Type inference of `step()`: tsc checks the assertions, so they also hold in `npm run lint`. */
import { expectTypeOf, it } from 'vitest';
import * as z from 'zod';
import { type StepResult, step } from './step.ts';
import type { DefinitionTypes, StepOutput, StepReads } from './step-types.ts';

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

it('has handlers whose type tells the output and the documents read', () => {
  const price = step({
    reads: { input: Order },
    readsIfWritten: { Price },
    writes: Receipt,
    run: () => ({ output: { id: 'r-1' } }),
  });
  expectTypeOf<StepOutput<typeof price>>().toEqualTypeOf<{ id: string }>();
  expectTypeOf<StepReads<typeof price>['input']>().toEqualTypeOf<{ total: number }>();
  expectTypeOf<StepReads<typeof price>['Price']>().toEqualTypeOf<{ cents: bigint } | undefined>();
  // @ts-expect-error: a handler takes the context of Lambda.
  const invoked = () => price({});
  expectTypeOf(invoked).toBeFunction();
});

it('has an output of the type that run returns where no schema tells it', () => {
  const count = step({ reads: {}, run: async () => ({ output: { count: 1 } }) });
  expectTypeOf<StepOutput<typeof count>>().toEqualTypeOf<{ count: number }>();
});

it('gives the client what it sends and receives', () => {
  const Dated = z.object({ day: z.string().transform((day) => new Date(day)), note: z.string().default('') });
  const confirm = step({ reads: {}, writes: Receipt, run: () => ({ output: { id: 'r-1' } }) });
  type Types = DefinitionTypes<typeof Dated, typeof confirm>;
  expectTypeOf<Types['input']>().toEqualTypeOf<{ day: string; note?: string | undefined }>();
  expectTypeOf<Types['output']>().toEqualTypeOf<{ id: string }>();
  // @ts-expect-error: the second argument is the type of a handler.
  type Wrong = DefinitionTypes<typeof Dated, typeof Receipt>;
  expectTypeOf<Wrong>().toBeObject();
});
