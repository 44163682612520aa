import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { bundle, resolverCode } from './bundle.ts';

const temporary = mkdtempSync(join(tmpdir(), 'facade-bundle-'));
afterAll(() => rmSync(temporary, { recursive: true }));
// Bundles are removed when the process exits, but the test runner kills it.
process.env.TMPDIR = temporary;

const source = (file: string) => join(import.meta.dirname, '..', file);
const entries = {
  'Query.processState': { file: source('api/Query.processState.ts') },
  'Query.processData': { file: source('api/Query.processData.ts') },
  'Query.processDefinitions': { file: source('api/Query.processDefinitions.ts') },
  'Mutation.startProcess': { file: source('api/Mutation.startProcess.ts') },
  'api.startDownstream': { file: source('api/start-downstream.ts') },
  'events.statusChange': { file: source('events/status-change.ts') },
  'order.PriceOrder': { file: source('steps/order/PriceOrder.ts') },
  'order.StartShipping': { file: source('steps/order/StartShipping.ts') },
};
const bundles = bundle(entries);

/** Returns the SDK clients whose code is in a bundle. */
function clientsIn(name: string): string[] {
  const [, output] =
    Object.entries(bundles.metafile.outputs).find(([file]) => file.endsWith(`${name}/index.mjs`)) ?? [];
  const clients = Object.entries(output?.inputs ?? {})
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .flatMap(([file]) => /@aws-sdk\/(client-[a-z0-9-]+)\//.exec(file)?.[1] ?? []);
  return [...new Set(clients)].sort();
}

describe('a bundle', () => {
  it('contains only the SDK clients that the function calls', () => {
    expect(clientsIn('Query.processDefinitions')).toEqual([]);
    expect(clientsIn('Query.processData')).toEqual(['client-s3']);
    expect(clientsIn('Query.processState')).toEqual(['client-s3', 'client-sfn']);
    expect(clientsIn('events.statusChange')).toEqual(['client-s3']);
    expect(clientsIn('order.PriceOrder')).toEqual(['client-s3']);
    expect(clientsIn('Mutation.startProcess')).toEqual(['client-s3', 'client-sfn']);
    expect(clientsIn('order.StartShipping')).toEqual(['client-lambda', 'client-s3']);
    expect(clientsIn('api.startDownstream')).toEqual(['client-s3', 'client-sfn']);
  });

  it('is minified and under a megabyte', () => {
    for (const name of Object.keys(entries)) {
      const text = readFileSync(join(bundles.folderOf(name), 'index.mjs'), 'utf8');
      expect(Buffer.byteLength(text)).toBeLessThan(1_000_000);
      // Minified code has none of the sources' names.
      expect(text).not.toContain('bucketFromEnvironment');
    }
  });

  it('has a small source map of our own code only, the same on every machine', () => {
    for (const name of Object.keys(entries)) {
      const text = readFileSync(join(bundles.folderOf(name), 'index.mjs.map'), 'utf8');
      expect(Buffer.byteLength(text)).toBeLessThan(60_000);
      const { sources } = JSON.parse(text) as { sources: string[] };
      expect(sources.length).toBeGreaterThan(0);
      for (const file of sources) expect(file).toMatch(/^(api|client|core|events|steps)\/[\w./-]+\.ts$/);
    }
  });

  it('throws errors whose stack names the lines of the sources', () => {
    const module = pathToFileURL(join(bundles.folderOf('order.PriceOrder'), 'index.mjs')).href;
    const program = `
      const { handler } = await import(${JSON.stringify(module)});
      await handler({}, {}).catch((error) => console.log(error.stack));`;
    const flags = ['--enable-source-maps', '--input-type=module', '-e', program];
    const env = { AWS_REGION: 'us-east-1' };
    const stack = execFileSync(process.execPath, flags, { encoding: 'utf8', env });
    expect(stack).toMatch(/at parseEvent \(.*core\/step\/step-event\.ts:\d+:\d+\)/);
  });

  it('does not map the code of packages', () => {
    const file = join(bundles.folderOf('order.PriceOrder'), 'index.mjs');
    const lines = readFileSync(file, 'utf8').split('\n');
    const map = new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')));
    const sourceAt = (text: string) => {
      const line = lines.findIndex((each) => each.includes(text));
      const entry = map.findEntry(line, lines[line]?.indexOf(text) ?? -1);
      return 'originalSource' in entry ? entry.originalSource : undefined;
    };
    expect(sourceAt('the construct adds to every Task')).toBe('core/step/errors.ts');
    expect(sourceAt('AWS_SESSION_TOKEN')).toBeUndefined();
  });

  it('that does not build is rejected with the place of the mistake', () => {
    const file = join(dirname(import.meta.filename), 'no-such-entry.ts');
    expect(() => bundle({ broken: { file } })).toThrow('no-such-entry.ts');
  });
});

describe('the code of a resolver', () => {
  it('has no types, and imports only what AppSync provides', () => {
    const code = resolverCode(source('api/field-errors.resolver.ts'));
    expect(code).not.toContain('Context');
    expect(code.match(/from "(.*)"/)?.[1]).toBe('@aws-appsync/utils');
  });
});
