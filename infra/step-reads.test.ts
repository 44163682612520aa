import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { afterAll, describe, expect, it } from 'vitest';
import { bundle } from './bundle.ts';
import { ProcessFacade } from './process-facade.ts';
import { readsOfSteps } from './step-reads.ts';

const folder = mkdtempSync(join(tmpdir(), 'step-reads-'));
// Bundles are removed when the process exits, but the test runner kills it.
process.env.TMPDIR = folder;
afterAll(() => rmSync(folder, { recursive: true }));

const STEP = JSON.stringify(join(import.meta.dirname, '../core/step/step.ts'));
const anything = `const any = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } };`;

/** Code of a step that reads documents, which are required or read if they exist. */
function code(reads: readonly string[], readsIfWritten: readonly string[] = []): string {
  const schemas = (names: readonly string[]) => `{ ${names.map((name) => `'${name}': any`).join(', ')} }`;
  return `import { step } from ${STEP}; ${anything}
    export const handler = step({
      reads: ${schemas(reads)}, readsIfWritten: ${schemas(readsIfWritten)}, run: () => ({ output: {} }),
    });`;
}

/** Bundles steps of this code, and returns what they read. */
function readsOf(steps: Readonly<Record<string, string>>) {
  const sources = mkdtempSync(join(folder, 'sources-'));
  const entries = Object.entries(steps).map(([name, source]) => {
    const file = join(sources, `${name}.ts`);
    writeFileSync(file, source);
    return [name, { file }] as const;
  });
  const bundles = bundle(Object.fromEntries(entries));
  return Object.fromEntries(readsOfSteps(bundles.folder, Object.keys(steps)));
}

describe('what steps read', () => {
  it('is known without running them, also beside bundles that fail, end the process or use step() not at all', () => {
    const reads = readsOf({
      Fails: `throw new Error('TABLE is missing'); export const handler = 1;`,
      Ends: 'process.exit(); export const handler = 1;',
      Waits: 'await new Promise(() => {}); export const handler = 1;',
      FailsLater: `Promise.reject(new Error('later')); ${code(['A'])}`,
      Plain: 'export const handler = async () => ({});',
      Reads: code(['input', 'Pack/*'], ['Price']),
    });
    expect(reads).toEqual({
      Fails: { problem: 'TABLE is missing' },
      Ends: { problem: 'Its bundle does not load to its end' },
      Waits: { problem: 'Its bundle does not load to its end' },
      FailsLater: { reads: ['A'], readsIfWritten: [] },
      Plain: { reads: [], readsIfWritten: [] },
      Reads: { reads: ['input', 'Pack/*'], readsIfWritten: ['Price'] },
    });
  });

  it('is found out without network, credentials, programs, other files, and writing', () => {
    process.env.AWS_SECRET_ACCESS_KEY = 'secret';
    const file = JSON.stringify(join(folder, 'written.txt'));
    const reads = readsOf({
      Fetches: `await fetch('http://127.0.0.1:8080').catch(({ cause }) => { throw cause; }); export const handler = 1;`,
      Environment: 'throw new Error(Object.keys(process.env).sort().join()); export const handler = 1;',
      Runs: `import { execSync } from 'node:child_process'; execSync('true'); export const handler = 1;`,
      Reads: `import { readFileSync } from 'node:fs'; readFileSync('/etc/hosts'); export const handler = 1;`,
      Writes: `import { writeFileSync } from 'node:fs'; writeFileSync(${file}, ''); export const handler = 1;`,
    });
    delete process.env.AWS_SECRET_ACCESS_KEY;
    const denied = { problem: expect.stringMatching(/^Access to this API has been restricted/) };
    expect(reads).toEqual({
      Fetches: { problem: 'It uses the network while it is loaded' },
      Environment: { problem: 'AWS_EC2_METADATA_DISABLED,AWS_REGION' },
      Runs: denied,
      Reads: denied,
      Writes: denied,
    });
  });
});

describe('a facade', () => {
  /** Creates a facade whose definition has the steps First and Last. */
  function facadeOf(first: string, last: string): Stack {
    const definition = mkdtempSync(join(folder, 'definition-'));
    const task = (name: string) => ({ Type: 'Task', Resource: `\${${name}}` });
    const States = { First: { ...task('First'), Next: 'Last' }, Last: { ...task('Last'), End: true } };
    writeFileSync(join(definition, 'machine.asl.json'), JSON.stringify({ StartAt: 'First', States }));
    writeFileSync(join(definition, 'input.schema.json'), '{ "type": "object" }');
    writeFileSync(join(definition, 'First.ts'), first);
    writeFileSync(join(definition, 'Last.ts'), last);
    const stack = new Stack(
      new App({ outdir: mkdtempSync(join(folder, 'cdk-')), builtinCloudFormationValidation: false }),
      'Reads',
    );
    new ProcessFacade(stack, 'Facade', { definitions: { order: { folder: definition } } });
    return stack;
  }

  it('rejects a step that requires the document of a later one', () => {
    expect(() => facadeOf(code(['input', 'Last']), code(['First']))).toThrow(
      expect.objectContaining({
        name: 'InvalidDefinition',
        message: expect.stringContaining('Step [First] reads [Last]: [Last] never runs before it'),
      }),
    );
  });

  const stack = facadeOf(`throw new Error('TABLE is missing'); ${code([])}`, code([], ['Frist']));
  const annotations = Annotations.fromStack(stack);

  it('warns of a document that a step reads if written, and names a step that is not checked', () => {
    annotations.hasWarning(
      '*',
      Match.stringLikeRegexp('Step \\[Last\\] reads \\[Frist\\]: No step is called'),
    );
    annotations.hasInfo('*', Match.stringLikeRegexp('step \\[First\\] .* is not checked: TABLE is missing'));
  });
});
