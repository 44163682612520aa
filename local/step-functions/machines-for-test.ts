import { afterAll, beforeAll, expect, test } from 'vitest';
import { errorNamed, functionArn, serveStepFunctions } from './serve-for-test.ts';

/**
 * A machine that starts at its first state, and what an execution of it gives: its output, or what
 * {@link failed} says.
 */
type Case = { title: string; states: Record<string, object>; input?: unknown; result: unknown };

const functions = {
  echo: (payload: unknown) => payload,
  nothing: () => undefined,
  declined: () => {
    throw errorNamed('PaymentDeclined', 'no');
  },
  large: () => 'x'.repeat(262_143),
  half: () => 'x'.repeat(200_000),
  forever: () => new Promise(() => undefined),
  late: () => new Promise((resolve) => setImmediate(resolve, 'late')),
};

/** A Task state that calls one of the functions that the cases have. */
export const task = (name: keyof typeof functions, fields: object = { End: true }) => ({
  ...{ Type: 'Task', Resource: functionArn(name) },
  ...fields,
});

/** The result of an execution that failed. */
export const failed = (error: string | undefined, cause?: unknown) => ({ status: 'FAILED', error, cause });

/** A cause as Step Functions words it for the first state of an execution. */
export const inState = (name: string, text: string) =>
  `An error occurred while executing the state '${name}' (entered at the event id #2). ${text}`;

/** One test for each case, all at the same time at one service. */
export function testMachines(cases: Case[]): void {
  let service: Awaited<ReturnType<typeof serveStepFunctions>>;
  beforeAll(async () => {
    const definitions = cases.map(({ title, states }) => [
      title,
      { StartAt: Object.keys(states)[0], States: states },
    ]);
    service = await serveStepFunctions({ definitions: Object.fromEntries(definitions), functions });
  });
  afterAll(async () => {
    expect(service.logged).toEqual([]);
    await service[Symbol.asyncDispose]();
  });
  test.concurrent.each(cases)('$title', async ({ title, input, result }) => {
    expect(await service.run(title, input)).toEqual(result);
  });
}
