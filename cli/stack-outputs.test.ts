import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OUTPUT_NAMES } from '../core/output-names.ts';

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

/** The outputs of a facade whose key expires after the given number of days. */
function all(days = 300): Record<string, string> {
  const apiKeyExpires = new Date(Date.now() + days * 86_400_000).toISOString();
  return { ...Object.fromEntries(OUTPUT_NAMES.map((name) => [name, `the-${name}`])), apiKeyExpires };
}

describe('npm run outputs', () => {
  it("writes a stack's outputs under the names that a local runtime writes, and no others", async () => {
    outputs = { ...all(), other: 'x' };
    const out = join(folder, 'outputs.json');
    expect(await run('--out', out)).toEqual({ code: 0, errors: '' });
    const { other: _, ...written } = outputs;
    expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual(written);
  });

  it('prints only them with --json, as JSON', async () => {
    outputs = all();
    const { code, printed } = await runWithOutput('--json', '--out', join(folder, 'json.json'));
    expect(code).toBe(0);
    expect(JSON.parse(printed)).toEqual(outputs);
  });

  it('makes them readable by their owner only, also when it replaces a file that others could read', async () => {
    outputs = all();
    const out = join(folder, 'open.json');
    writeFileSync(out, '{}', { mode: 0o644 });
    expect(await run('--out', out)).toEqual({ code: 0, errors: '' });
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).filter((name) => name.startsWith('open.json'))).toEqual(['open.json']);
  });

  it('warns of an API key that expires soon', async () => {
    outputs = all(30.5);
    const { code, errors } = await run('--out', join(folder, 'soon.json'));
    expect(code).toBe(0);
    expect(errors).toMatch(/^The API key expires on \d{4}-\d\d-\d\d, in 30 days: deploy to renew it\n$/);
  });

  it('names the outputs that a stack lacks, and writes nothing', async () => {
    outputs = { endpoint: 'x' };
    const out = join(folder, 'none.json');
    const { code, errors } = await run('--out', out, '--stack', 'Other');
    expect(code).toBe(1);
    expect(errors).toContain('Stack Other has no outputs [realtimeEndpoint, region, apiKey');
    expect(() => readFileSync(out)).toThrow();
  });
});
