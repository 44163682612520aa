import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duration, Stack } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../test/kit/temporary-folder.ts';
import { type DefinitionProps, readDefinition } from './definition.ts';
import { synthesizeFacade } from './synthesize-for-test.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'machine-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Writes files, and an empty file for each step. */
function write(files: Record<string, string>, ...steps: string[]): void {
  const all = { 'input.schema.json': '{}', ...files };
  for (const [file, text] of Object.entries(all)) writeFileSync(join(folder, file), text);
  for (const step of steps) writeFileSync(join(folder, `${step}.ts`), STEP);
}
const STEP = 'export const handler = async () => ({});';
const read = (props: Partial<DefinitionProps> = {}, stack = new Stack()) =>
  readDefinition('order', { folder, ...props }, stack).definition;
const task = (step: string, fields: object = { End: true }) => ({
  Type: 'Task',
  Resource: `\${${step}}`,
  ...fields,
});
const json = (states: Record<string, object>) =>
  JSON.stringify({ StartAt: Object.keys(states)[0], States: states });

describe('a machine in YAML', () => {
  const yaml = `
    Comment: An order
    StartAt: Price order
    States:
      Price order:                # what it costs
        Type: Task
        Resource: \${PriceOrder}
        ResultPath: null
        End: true
  `;

  it.each(['machine.asl.yaml', 'machine.asl.yml'])('is read from %s', (file) => {
    write({ [file]: yaml }, 'PriceOrder');
    expect(read()).toMatchObject({
      description: 'An order',
      machine: { States: { 'Price order': task('PriceOrder', { ResultPath: null, End: true }) } },
      steps: ['PriceOrder'],
      outputStep: 'PriceOrder',
    });
  });

  it.each([
    ['a: [1', 'machine.asl.yaml is not valid YAML: Flow sequence in block collection'],
    ['a:\n  b: 1\n c: 2', ' at line 3, column 1'],
    ['a: 1\na: 2', 'Map keys must be unique at line 2, column 1'],
    ['a: !Ref x', 'Unresolved tag: !Ref at line 1, column 4'],
    ['a: *b', 'is not valid YAML: Unresolved alias'],
    [
      'a: &a [x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: [*c, *c]',
      'is not valid YAML: Excessive alias count',
    ],
    ['- a', 'must be an object with StartAt and States'],
    ['', 'must be an object with StartAt and States'],
    ['StartAt: A', 'machine.asl.yaml is not a valid state machine'],
  ])('%j is rejected with the place', (text, message) => {
    write({ 'machine.asl.yaml': text });
    expect(() => read()).toThrow(message);
  });
});

describe('a machine', () => {
  it.each([
    ['{"a": 1,}', 'machine.asl.json is not valid JSON: '],
    ['null', 'machine.asl.json must be an object with StartAt and States'],
    [json({ Branches: task('Branches') }), 'State [Branches]: A state cannot have the name of this field'],
    [
      json({
        A: { Type: 'Parallel', Branches: [{ StartAt: 'Next', States: { Next: task('Next') } }], End: true },
      }),
      'State [Next]',
    ],
  ])('of %s is rejected with the remedy', (text, message) => {
    write({ 'machine.asl.json': text });
    expect(() => read()).toThrow(
      expect.objectContaining({ name: 'InvalidDefinition', message: expect.stringContaining(message) }),
    );
  });

  it('is one file', () => {
    write({ 'machine.asl.json': json({ A: task('A') }), 'machine.asl.yml': '' }, 'A');
    expect(() => read()).toThrow(
      'Expected one machine, got machine.asl.json and machine.asl.yml: remove one',
    );
    expect(() => read({ machine: (step) => step('A') })).toThrow(
      'got the prop `machine` and machine.asl.json',
    );
  });

  it('ends at the output step, unless a prop says another', () => {
    const end = { Type: 'Succeed' };
    const states = { A: task('A', { Next: 'B' }), B: task('B', { Next: 'End' }), End: end };
    write({ 'machine.asl.json': json(states) }, 'A', 'B');
    expect(read().outputStep).toBe('B');
    expect(read({ outputStep: 'A' }).outputStep).toBe('A');
    const choice = {
      Type: 'Choice',
      Choices: [{ Variable: '$.a', IsPresent: true, Next: 'B' }],
      Default: 'End',
    };
    write({ 'machine.asl.json': json({ ...states, A: task('A', { Next: 'C' }), C: choice }) });
    expect(() => read()).toThrow(
      'Expected outputStep to be one of [A, B], got none, and the machine can end at several states',
    );
    expect(() => read({ outputStep: 'toString' })).toThrow('got [toString]');
  });
});

describe('a folder without a machine', () => {
  it('is a definition of its one step', () => {
    write({ 'documents.ts': '' }, 'Resize');
    expect(read()).toMatchObject({ machine: { States: { Resize: task('Resize') } }, outputStep: 'Resize' });
  });

  it('is rejected with none or several', () => {
    write({});
    expect(() => read()).toThrow(
      /Expected machine.asl.json .* or one step alone, got none: write the machine/,
    );
    write({}, 'B', 'A');
    expect(() => read()).toThrow('got the steps [A, B]: write the machine');
    expect(() => read({ folder: join(folder, 'none') })).toThrow('got none');
  });
});

// Outside of the test, because a synthesis can take longer than a test may.
const sending = temporaryFolder('machine');
writeFileSync(join(sending.path, 'input.schema.json'), '{}');
writeFileSync(join(sending.path, 'Send.ts'), STEP);
let queue: sqs.Queue | undefined;
const { template, stack } = synthesizeFacade(
  {
    order: {
      folder: sending.path,
      machine: (step) => step('Send', { parameters: { 'queue "url"': queue?.queueUrl } }),
    },
  },
  (owner) => {
    queue = new sqs.Queue(owner, 'Queue');
    return {};
  },
);
sending[Symbol.dispose]();

describe('a machine of CDK states', () => {
  it('becomes the same language, with Parallel, Map, Choice, Retry and Catch of the CDK', () => {
    write({}, 'PriceOrder', 'Pack', 'Pay', 'Refund');
    const stack = new Stack();
    const { machine, steps, outputStep } = read(
      {
        machine: (step) =>
          step('Price order', { resultPath: '$.price', assign: { currency: 'EUR' } })
            .addRetry({ errors: ['Busy'], maxAttempts: 2, interval: Duration.seconds(3) })
            .next(
              new sfn.Parallel(stack, 'Both')
                .branch(
                  new sfn.Map(stack, 'Each', { itemsPath: '$.items' }).itemProcessor(
                    step('Pack', { parameters: { item: sfn.JsonPath.stringAt('$.id') } }),
                  ),
                )
                .branch(step('Pay'))
                .addCatch(new sfn.Fail(stack, 'Failed'), { errors: ['PaymentDeclined'] }),
            )
            .next(step('Refund')),
      },
      stack,
    );
    expect(machine).toEqual({
      StartAt: 'Price order',
      States: {
        'Price order': {
          ...task('PriceOrder', { ResultPath: '$.price', Assign: { currency: 'EUR' }, Next: 'Both' }),
          Retry: [{ ErrorEquals: ['Busy'], IntervalSeconds: 3, MaxAttempts: 2 }],
        },
        Both: {
          Type: 'Parallel',
          Branches: [
            {
              StartAt: 'Each',
              States: {
                Each: {
                  ...{ Type: 'Map', ItemsPath: '$.items', End: true },
                  ItemProcessor: {
                    ProcessorConfig: { Mode: 'INLINE' },
                    StartAt: 'Pack',
                    States: { Pack: task('Pack', { Parameters: { 'item.$': '$.id' }, End: true }) },
                  },
                },
              },
            },
            { StartAt: 'Pay', States: { Pay: task('Pay') } },
          ],
          Catch: [{ ErrorEquals: ['PaymentDeclined'], Next: 'Failed' }],
          Next: 'Refund',
        },
        Failed: { Type: 'Fail' },
        Refund: task('Refund'),
      },
    });
    expect([steps, outputStep]).toEqual([['PriceOrder', 'Pack', 'Pay', 'Refund'], 'Refund']);
  });

  it('is rejected if nothing is returned', () => {
    write({}, 'A');
    expect(() => read({ machine: (() => undefined) as never })).toThrow(
      'Expected `machine` to return a state',
    );
  });

  it('may contain values of other constructs, which the deployed machine gets as references', () => {
    const [machine] = Object.values(template.findResources('AWS::StepFunctions::StateMachine'));
    const definition = machine?.Properties.DefinitionString['Fn::Join'][1] as unknown[];
    expect(definition).toContainEqual({ Ref: stack.getLogicalId(queue?.node.defaultChild as sqs.CfnQueue) });
    expect(definition.filter((part) => typeof part === 'string').join('')).toContain('"queue \\"url\\"":"');
  });
});
