/**
 * Whatever its user gets wrong, a command of the project ends with an exit code and a line that
 * says what, and not with a stack trace.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'mistakes-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

const file = write('file', '');
const missing = write('imports-nothing.ts', "import 'no-such-package';\n");
const broken = write('broken.json', '{');
const empty = write('empty.json', '{}');
const ID = '7d1a3c5e-018f-4c3b-9e55-0b6f2a4d8c11';

type End = { code: number | null; errors: string[] };

async function run(command: string, args: string[], environment: NodeJS.ProcessEnv = {}): Promise<End> {
  // Of the npm that runs the tests, nothing.
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('npm_'));
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...Object.fromEntries(own), AWS_EC2_METADATA_DISABLED: 'true', ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const closed = new Promise<number | null>((done) => child.once('close', done));
  const errors = (await text(child.stderr)).split('\n').filter((line) => line !== '');
  return { code: await closed, errors };
}

const node = (script: string, args: string[], environment?: NodeJS.ProcessEnv) =>
  run(process.execPath, [join(ROOT, script), ...args], environment);

/** A runtime that would start, were it not for the mistake. */
const elsewhere = [
  '--port',
  '0',
  '--outputs',
  join(folder, 'kept/outputs.json'),
  '--data-dir',
  join(folder, 'data'),
];
const start = 'cli/dev.ts';

type Mistake = [what: string, script: string, args: string[], line: RegExp, environment?: NodeJS.ProcessEnv];

const MISTAKES: Mistake[] = [
  [
    'PORT of no number',
    start,
    [],
    /^error: .* 'abc' from env 'PORT' is invalid\. Expected 0 to/,
    { PORT: 'abc' },
  ],
  ['PORT of nothing', start, [], /^error: .* '' from env 'PORT' is invalid/, { PORT: '' }],
  [
    'LOCAL_DATA_DIR in a file',
    start,
    elsewhere.slice(0, 4),
    /^DataFolderUnusable: /,
    { LOCAL_DATA_DIR: join(file, 'x') },
  ],
  [
    'an app that is missing',
    start,
    [...elsewhere, '--app', 'nope.ts'],
    /nope\.ts cannot be .*: there is no such file/,
  ],
  [
    'an app that is a folder',
    start,
    [...elsewhere, '--app', 'infra'],
    /infra cannot be .*: there is no such file/,
  ],
  [
    'an app that imports what is missing',
    start,
    [...elsewhere, '--app', missing],
    /Cannot find package 'no-such-package'/,
  ],
  ['faults that are none', start, ['--faults', 'nope'], /^InvalidFaults: --faults: Expected all/],
  ['an argument too many', start, ['5000'], /^error: too many arguments/],
  [
    'outputs in a file',
    start,
    [...elsewhere, '--outputs', join(file, 'x.json')],
    /^OutputsUnusable: .*--outputs/,
  ],
  [
    'data among other files',
    start,
    [...elsewhere, '--data-dir', folder],
    /^DataFolderUnusable: .*other files.*--data-dir/,
  ],
  [
    'an option of npm',
    start,
    [],
    /^error: npm has taken --port .*npm start -- --port/,
    { npm_lifecycle_event: 'start', npm_config_port: 'true' },
  ],
  [
    'an option of npm',
    'cli/process.ts',
    ['start', 'order', 'x.json'],
    /npm has taken --input, --watch .*npm run process -- --input/,
    { npm_lifecycle_event: 'process', npm_config_input: 'true', npm_config_watch: 'true' },
  ],
  [
    'outputs that are a folder',
    'cli/process.ts',
    ['state', ID, '--outputs', folder],
    /^Cannot read .*EISDIR/,
  ],
  [
    'an option of npm',
    'cli/redeliver.ts',
    [],
    /npm has taken --outputs/,
    { npm_lifecycle_event: 'redeliver', npm_config_outputs: 'true' },
  ],
  [
    'outputs that are missing',
    'cli/redeliver.ts',
    ['--outputs', 'x.json'],
    /again: Cannot read x\.json: ENOENT/,
  ],
  [
    'outputs that are not JSON',
    'cli/redeliver.ts',
    ['--outputs', broken],
    /again: Cannot read .*broken\.json: .*JSON/,
  ],
  [
    'outputs of something else',
    'cli/redeliver.ts',
    ['--outputs', empty],
    /empty\.json has no \[endpoint, deadLetterQueueUrl/,
  ],
  [
    'no region',
    'cli/stack-outputs.ts',
    [],
    /^The outputs of stack ProcessFacade cannot be read: Region is missing/,
    { HOME: folder, AWS_REGION: undefined },
  ],
  [
    'an option of npm',
    'cli/stack-outputs.ts',
    [],
    /npm has taken --stack/,
    { npm_lifecycle_event: 'outputs', npm_config_stack: 'true' },
  ],
  ['an app that is missing', 'infra/run-app.ts', ['nope.ts'], /^The CDK app nope\.ts does not exist/],
  ['an unknown option', 'cli/demo.ts', ['--nope'], /^error: unknown option '--nope'/],
  [
    'no temporary folder',
    'cli/demo.ts',
    [],
    /^Cannot make a temporary folder: ENOTDIR.*TMPDIR/,
    { TMPDIR: file },
  ],
  ['an unknown option', 'bench/run.ts', ['--nope'], /^error: unknown option '--nope'/],
  ['no temporary folder', 'bench/run.ts', [], /^Cannot make a temporary folder/, { TMPDIR: file }],
  [
    'an option of npm',
    'test/chaos/run.ts',
    ['10'],
    /npm has taken --processes/,
    { npm_lifecycle_event: 'chaos', npm_config_processes: 'true' },
  ],
  [
    'faults that are none',
    'test/chaos/run.ts',
    ['--faults', 'nope'],
    /^error: option '--faults <list>' argument 'nope'/,
  ],
  [
    'a number that is none',
    'test/chaos/kill.ts',
    ['--kills', 'x'],
    /^error: option '--kills <number>' argument 'x'/,
  ],
  [
    'an unknown option',
    'tools/generate-input-schemas.ts',
    ['--nope'],
    /^Expected nothing or --check, got --nope/,
  ],
];

describe('a mistake is one line on stderr:', () => {
  it.each(MISTAKES)('%s, to %s %j', async (_, script, args, line, environment) => {
    const { code, errors } = await node(script, args, environment);
    const said = errors.filter((each) => !each.startsWith('Reading '));
    expect(said).toEqual([expect.stringMatching(line)]);
    expect(code).toBe(1);
  });

  it('an option in front of -- is named by the real npm, too', async () => {
    const { code, errors } = await run('npm', ['start', '--port=5000']);
    expect(errors.at(-1)).toBe(
      'error: npm has taken --port for itself. Put -- in front of the options: npm start -- --port …',
    );
    expect(code).toBe(1);
  });

  it('outputs that cannot be written are no fault of the stack', async () => {
    const names = ['endpoint', 'realtimeEndpoint', 'region', 'apiKey', 'consoleUrl', 'deadLetterQueueUrl'];
    const more = ['apiKeyExpires', 'statusChangeFunction', 'sweepFunction', 'machineArnPrefix', 'bucket'];
    const members = [...names, ...more].map(
      (name) => `<member><OutputKey>${name}</OutputKey><OutputValue>v</OutputValue></member>`,
    );
    const stack = `<member><StackName>S</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus><Outputs>${members.join('')}</Outputs></member>`;
    const server = createServer((_, response) =>
      response.end(
        `<DescribeStacksResponse><DescribeStacksResult><Stacks>${stack}</Stacks></DescribeStacksResult></DescribeStacksResponse>`,
      ),
    );
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { errors } = await node('cli/stack-outputs.ts', ['--out', join(file, 'x.json')], {
      AWS_ENDPOINT_URL_CLOUDFORMATION: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    });
    server.close();
    expect(errors).toEqual([expect.stringMatching(/^The outputs cannot be written: ENOTDIR.*--out$/)]);
  });
});

describe('without --outputs', () => {
  it('redeliver takes the same file as process: the local one, if it is there', async () => {
    const clone = join(folder, 'clone');
    mkdirSync(join(clone, '.local'), { recursive: true });
    writeFileSync(join(clone, 'outputs.json'), '{"of":"a deployment"}');
    writeFileSync(join(clone, '.local/outputs.json'), '{"of":"a local runtime"}');
    const ends = ['cli/redeliver.ts', 'cli/process.ts'].map((script) => {
      const args = script.endsWith('process.ts') ? ['definitions'] : [];
      const child = spawn(process.execPath, [join(ROOT, script), ...args], { cwd: clone });
      return text(child.stderr);
    });
    for (const errors of await Promise.all(ends)) expect(errors).toContain('.local/outputs.json');
  });

  it('the credentials of a runtime that was killed are not for a deployment', async () => {
    const used = join(folder, 'used');
    mkdirSync(used);
    const outputs = {
      endpoint: 'https://api.example/graphql',
      deadLetterQueueUrl: 'https://x',
      statusChangeFunction: 'f',
      region: 'us-east-1',
    };
    writeFileSync(join(used, 'outputs.json'), JSON.stringify(outputs));
    writeFileSync(
      join(used, 'operator.env'),
      'AWS_ACCESS_KEY_ID=old\nAWS_SECRET_ACCESS_KEY=old\nAWS_ENDPOINT_URL_LAMBDA=http://127.0.0.1:4000\n',
    );
    const { errors } = await node('cli/redeliver.ts', ['--outputs', join(used, 'outputs.json')], {
      HOME: used,
    });
    expect(errors.join()).toContain('Could not load credentials');
  });
});
