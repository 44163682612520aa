import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../../test/kit/until.ts';
import { errorNamed, functionArn, serveStepFunctions } from './serve-for-test.ts';

const parameters = { 'state.$': '$', 'attempt.$': '$$.State.RetryCount' };
const retry = (rules: object[], fields: object = {}) => ({
  StartAt: 'A',
  States: {
    A: {
      Type: 'Task',
      Resource: functionArn('f'),
      Parameters: parameters,
      Retry: rules,
      End: true,
      ...fields,
    },
    Caught: { Type: 'Pass', Result: 'caught', End: true },
  },
});
const caught = { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }] };
const rule = (name: string, fields: object = {}) => ({ ErrorEquals: [name], IntervalSeconds: 1, ...fields });

const definitions = {
  counted: retry([rule('Throttled', { MaxAttempts: 2, BackoffRate: 1 })]),
  'in an hour': retry([rule('Throttled', { IntervalSeconds: 3600 })]),
  'two rules': retry([rule('A', { MaxAttempts: 1 }), rule('States.ALL', { MaxAttempts: 1 })], caught),
  'not at all': retry([rule('States.ALL', { MaxAttempts: 0 })], caught),
  'another error': retry([rule('Other')], caught),
  'again in a loop': {
    StartAt: 'A',
    States: {
      A: { ...retry([rule('Throttled')]).States.A, End: undefined, ResultPath: '$', Next: 'B' },
      B: { Type: 'Choice', Choices: [{ Variable: '$.again', BooleanEquals: true, Next: 'A' }], Default: 'C' },
      C: { Type: 'Succeed' },
    },
  },
  parallel: {
    StartAt: 'P',
    States: {
      P: {
        Type: 'Parallel',
        Branches: [
          {
            StartAt: 'X',
            States: { X: { Type: 'Task', Resource: functionArn('f'), Parameters: parameters, End: true } },
          },
          { StartAt: 'Y', States: { Y: { Type: 'Task', Resource: functionArn('other'), End: true } } },
        ],
        Retry: [rule('Throttled')],
        End: true,
      },
    },
  },
};

type Payload = { state: { fail: (string | null)[] }; attempt: number };
let service: Awaited<ReturnType<typeof serveStepFunctions>>;
const attempts = new Map<string, number[]>();

beforeAll(async () => {
  service = await serveStepFunctions({
    definitions: JSON.parse(JSON.stringify(definitions)),
    functions: {
      /** Fails with the names in the list, one after the other. */
      f({ state, attempt }: Payload) {
        const key = JSON.stringify(state);
        const made = attempts.get(key) ?? [];
        attempts.set(key, [...made, attempt]);
        const name = state.fail[made.length];
        if (name) throw errorNamed(name);
        return { again: state.fail.length > made.length + 1, fail: state.fail };
      },
      other: () => 'other',
    },
  });
});
afterAll(() => service[Symbol.asyncDispose]());

const made = (input: object) => attempts.get(JSON.stringify(input)) ?? [];

test.concurrent('a failed Task is retried after the interval, and sees its number of retries', async () => {
  const input = { fail: ['Throttled', 'Throttled'], id: 1 };
  expect(await service.run('counted', input)).toEqual({ again: false, fail: input.fail });
  expect(made(input)).toEqual([0, 1, 2]);
});

test.concurrent('until the interval is over nothing is tried', async () => {
  const input = { fail: ['Throttled'], id: 0 };
  const arn = await service.start('in an hour', input);
  await until(() => made(input).length === 1);
  await service.run('not at all', { fail: [], id: 0 });
  expect(made(input)).toEqual([0]);
  expect((await service.describe(arn)).status).toBe('RUNNING');
  expect((await service.history(arn)).at(-1)?.type).toBe('LambdaFunctionFailed');
});

test.concurrent('an error that is left after MaxAttempts fails the execution', async () => {
  const input = { fail: ['Throttled', 'Throttled', 'Throttled'], id: 2 };
  expect(await service.run('counted', input)).toMatchObject({ status: 'FAILED', error: 'Throttled' });
  expect(made(input).length).toBe(3);
});

test.concurrent('each rule counts its own attempts', async () => {
  const input = { fail: ['A', 'B', 'A'], id: 3 };
  expect(await service.run('two rules', input)).toBe('caught');
  expect(made(input)).toEqual([0, 1, 2]);
});

test.concurrent('MaxAttempts 0 and an error that no rule names go to Catch at once', async () => {
  expect(await service.run('not at all', { fail: ['A'], id: 4 })).toBe('caught');
  expect(await service.run('another error', { fail: ['A'], id: 5 })).toBe('caught');
  expect(made({ fail: ['A'], id: 4 }).length + made({ fail: ['A'], id: 5 }).length).toBe(2);
});

test.concurrent('a state that is entered again counts its attempts again', async () => {
  const input = { fail: ['Throttled', null, 'Throttled', null, null] };
  await service.run('again in a loop', input);
  expect(made(input).slice(0, 2)).toEqual([0, 1]);
  expect(made({ again: true, fail: input.fail })).toContain(0);
});

test.concurrent('a Parallel is tried again as a whole', async () => {
  const input = { fail: ['Throttled'], id: 6 };
  const arn = await service.start('parallel', input);
  const { output } = await service.ended(arn);
  expect(JSON.parse(String(output))).toEqual([{ again: false, fail: input.fail }, 'other']);
  expect(made(input)).toEqual([0, 0]);
  const types = (await service.history(arn)).map(({ type }) => type);
  expect(types.filter((type) => type === 'ParallelStateStarted').length).toBe(2);
});
