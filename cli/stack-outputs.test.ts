import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLIENT_OUTPUTS, OPERATOR_OUTPUTS, OUTPUT_NAMES, outputKey } from '../core/output-names.ts';

const folder = mkdtempSync(join(tmpdir(), 'outputs-'));
let outputs: Record<string, string> = {};

/** CloudFormation, as far as DescribeStacks goes. */
const cloudFormation = createServer((_, response) => {
  const members = Object.entries(outputs)
    .map(
      ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
    )
    .join('');
  response.end(
    `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>S</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus><Outputs>${members}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
  );
});
beforeAll(() => new Promise<void>((done) => cloudFormation.listen(0, '127.0.0.1', done)));
afterAll(() => {
  cloudFormation.close();
  rmSync(folder, { recursive: true });
});

async function run(...args: string[]): Promise<{ code: number | null; errors: string }> {
  const { code, errors } = await runWithOutput(...args);
  return { code, errors };
}

async function runWithOutput(
  ...args: string[]
): Promise<{ code: number | null; printed: string; errors: string }> {
  const { port } = cloudFormation.address() as AddressInfo;
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'process-facade.ts'), 'outputs', ...args],
    {
      env: {
        ...process.env,
        AWS_ENDPOINT_URL_CLOUDFORMATION: `http://127.0.0.1:${port}`,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const closed = new Promise<number | null>((done) => child.once('close', done));
  const [printed, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await closed, printed, errors };
}

/** The stack's outputs of a facade whose key expires after the given number of days. */
function outputsOf(facade: string, days = 300): Record<string, string> {
  const apiKeyExpires = new Date(Date.now() + days * 86_400_000).toISOString();
  return {
    ...Object.fromEntries(OUTPUT_NAMES.map((name) => [outputKey(facade, name), `${facade}-${name}`])),
    [outputKey(facade, 'apiKeyExpires')]: apiKeyExpires,
  };
}

const read = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;

describe('npm run outputs', () => {
  it('writes what clients may see and what operators need into two files, and nothing else', async () => {
    outputs = { ...outputsOf('Shop'), other: 'x' };
    const out = join(folder, 'outputs.json');
    expect(await run('--out', out)).toEqual({ code: 0, errors: '' });
    expect(Object.keys(read(out))).toEqual(CLIENT_OUTPUTS);
    expect(read(out)).toMatchObject({ endpoint: 'Shop-endpoint', apiKey: 'Shop-apiKey' });
    const forOperators = read(join(folder, 'outputs.operator.json'));
    expect(Object.keys(forOperators)).toEqual(OPERATOR_OUTPUTS);
    expect(forOperators).toMatchObject({ bucket: 'Shop-bucket' });
  });

  it('prints what clients may see with --json', async () => {
    outputs = outputsOf('Shop');
    const out = join(folder, 'json.json');
    const { code, printed } = await runWithOutput('--json', '--out', out);
    expect(code).toBe(0);
    expect(JSON.parse(printed)).toEqual(read(out));
  });

  it('makes them readable by their owner only, also when it replaces a file that others could read', async () => {
    outputs = outputsOf('Shop');
    const out = join(folder, 'open.json');
    writeFileSync(out, '{}', { mode: 0o644 });
    expect(await run('--out', out)).toEqual({ code: 0, errors: '' });
    const files = readdirSync(folder).filter((name) => name.startsWith('open.'));
    expect(files.sort()).toEqual(['open.json', 'open.operator.json']);
    for (const file of files) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
  });

  it('warns of an API key that expires soon', async () => {
    outputs = outputsOf('Shop', 30.5);
    const { code, errors } = await run('--out', join(folder, 'soon.json'));
    expect(code).toBe(0);
    expect(errors).toMatch(/^The API key expires on \d{4}-\d\d-\d\d, in 30 days: deploy to renew it\n$/);
  });

  it('writes the chosen one of several facades', async () => {
    outputs = { ...outputsOf('Shop'), ...outputsOf('ShopReturns') };
    const out = join(folder, 'returns.json');
    expect(await run('--facade', 'ShopReturns', '--out', out)).toMatchObject({ code: 0 });
    expect(read(out)).toMatchObject({ endpoint: 'ShopReturns-endpoint' });
  });

  it.each([
    ['several facades and none chosen', [], 'Choose one with --facade: Shop, Returns'],
    [
      'an unknown facade',
      ['--facade', 'constructor'],
      'Expected --facade to be one of Shop, Returns, got constructor',
    ],
  ])('names the facades to choose from for %s, and writes nothing', async (_, args, message) => {
    outputs = { ...outputsOf('Shop'), ...outputsOf('Returns') };
    const out = join(folder, 'none.json');
    const { code, errors } = await run('--out', out, ...args);
    expect({ code, errors }).toEqual({ code: 1, errors: expect.stringContaining(message) });
    expect(() => readFileSync(out)).toThrow();
  });

  it('rejects a stack without a facade, and one that lacks an output', async () => {
    const out = join(folder, 'none.json');
    const { FacadeApiKey: _, ...incomplete } = outputsOf('Facade');
    for (outputs of [{}, { MachineArnPrefix: 'x' }, incomplete]) {
      const { code, errors } = await run('--out', out, '--stack', 'Other');
      expect(code).toBe(1);
      expect(errors).toBe(
        'Could not read the outputs of stack Other: It has no ProcessFacade, or one of an older version: deploy it with this one first\n',
      );
    }
    expect(() => readFileSync(out)).toThrow();
  });
});
