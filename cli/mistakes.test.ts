/**
 * Every mistake of its user ends a command with an exit code and one line that names the mistake,
 * without a stack trace.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from 'vitest';
import { OUTPUT_NAMES, outputKey } from '../core/output-names.ts';

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
write('empty.operator.json', '{}');
const ID = '7d1a3c5e-018f-4c3b-9e55-0b6f2a4d8c11';

type End = { code: number | null; errors: string[] };

async function run(command: string, args: string[], environment: NodeJS.ProcessEnv = {}): Promise<End> {
  // Without the variables of the npm that runs the tests.
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
  run(process.execPath, [...words(script), ...args], environment);

/** Splits `cli/process-facade.ts redeliver` into the path of the file and its arguments. */
function words(script: string): string[] {
  const [file = '', ...args] = script.split(' ');
  return [join(ROOT, file), ...args];
}

/** Options with which a runtime starts, apart from the mistake. */
const elsewhere = [
  '--port',
  '0',
  '--outputs',
  join(folder, 'runtime/outputs.json'),
  '--data-dir',
  join(folder, 'data'),
];
const CLI = 'cli/process-facade.ts';
const start = `${CLI} dev --app infra/app.ts`;
const redeliver = `${CLI} redeliver`;
const stackOutputs = `${CLI} outputs`;

type Mistake = [what: string, script: string, args: string[], line: RegExp, environment?: NodeJS.ProcessEnv];

const MISTAKES: Mistake[] = [
  [
    'a PORT that is not a number',
    start,
    [],
    /^error: .* 'abc' from env 'PORT' is invalid\. Expected 0 to/,
    { PORT: 'abc' },
  ],
  ['an empty PORT', start, [], /^error: .* '' from env 'PORT' is invalid/, { PORT: '' }],
  [
    'a LOCAL_DATA_DIR below a file',
    start,
    elsewhere.slice(0, 4),
    /^DataFolderUnusable: /,
    { LOCAL_DATA_DIR: join(file, 'x') },
  ],
  ['a missing app', start, [...elsewhere, '--app', 'nope.ts'], /Could not synthesize nope\.ts: no such file/],
  [
    'an app that is a folder',
    start,
    [...elsewhere, '--app', 'infra'],
    /Could not synthesize infra: no such file/,
  ],
  [
    'an app with a missing import',
    start,
    [...elsewhere, '--app', missing],
    /Cannot find package 'no-such-package'/,
  ],
  ['unknown faults', start, ['--faults', 'nope'], /^InvalidFaults: --faults: Expected all/],
  ['an argument too many', start, ['5000'], /^error: too many arguments/],
  [
    'outputs below a file',
    start,
    [...elsewhere, '--outputs', join(file, 'x.json')],
    /^OutputsUnusable: .*--outputs/,
  ],
  [
    'data in a folder with other files',
    start,
    [...elsewhere, '--data-dir', folder],
    /^DataFolderUnusable: .*other files.*--data-dir/,
  ],
  [
    'an option of npm',
    start,
    [],
    /^error: npm consumed --port\. .*npm start -- --port/,
    { npm_lifecycle_event: 'start', npm_config_port: 'true' },
  ],
  [
    'an option of npm',
    CLI,
    ['start', 'order', 'x.json'],
    /npm consumed --input, --watch\. .*npm run process -- --input/,
    { npm_lifecycle_event: 'process', npm_config_input: 'true', npm_config_watch: 'true' },
  ],
  ['outputs that are a folder', CLI, ['state', ID, '--outputs', folder], /^Could not read .*EISDIR/],
  [
    'an option of npm',
    redeliver,
    [],
    /npm consumed --outputs/,
    { npm_lifecycle_event: 'redeliver', npm_config_outputs: 'true' },
  ],
  ['missing outputs', redeliver, ['--outputs', 'x.json'], /queue: Could not read x\.json: ENOENT/],
  [
    'outputs that are not JSON',
    redeliver,
    ['--outputs', broken],
    /queue: Could not read .*broken\.json: .*JSON/,
  ],
  [
    'outputs of another stack',
    redeliver,
    ['--outputs', empty],
    /empty\.json and .*empty\.operator\.json do not contain \[endpoint, deadLetterQueueUrl/,
  ],
  [
    'no region',
    stackOutputs,
    [],
    /^Could not read the outputs of stack ProcessFacade: Region is missing/,
    { HOME: folder, AWS_REGION: undefined },
  ],
  [
    'an option of npm',
    stackOutputs,
    [],
    /npm consumed --stack/,
    { npm_lifecycle_event: 'outputs', npm_config_stack: 'true' },
  ],
  ['a missing app', 'local/template/run-app.ts', ['nope.ts'], /^The CDK app nope\.ts does not exist/],
  ['an unknown option', 'cli/demo.ts', ['--nope'], /^error: unknown option '--nope'/],
  [
    'no temporary folder',
    'cli/demo.ts',
    [],
    /^Could not create a temporary folder: ENOTDIR.*TMPDIR/,
    { TMPDIR: file },
  ],
  ['an unknown option', 'bench/run.ts', ['--nope'], /^error: unknown option '--nope'/],
  ['no temporary folder', 'bench/run.ts', [], /^Could not create a temporary folder/, { TMPDIR: file }],
  [
    'an option of npm',
    'test/chaos/run.ts',
    ['10'],
    /npm consumed --processes/,
    { npm_lifecycle_event: 'chaos', npm_config_processes: 'true' },
  ],
  [
    'unknown faults',
    'test/chaos/run.ts',
    ['--faults', 'nope'],
    /^error: option '--faults <list>' argument 'nope'/,
  ],
  [
    'a number that is invalid',
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

describe('one line on stderr reports', () => {
  it.each(MISTAKES)('%s, to %s %j', async (_, script, args, line, environment) => {
    const { code, errors } = await node(script, args, environment);
    const lines = errors.filter((each) => !each.startsWith('Reading '));
    expect(lines).toEqual([expect.stringMatching(line)]);
    expect(code).toBe(1);
  });

  it('an option before --, also with the real npm', async () => {
    const { code, errors } = await run('npm', ['start', '--port=5000']);
    expect(errors.at(-1)).toBe(
      'error: npm consumed --port. Put -- before the options: npm start -- --port …',
    );
    expect(code).toBe(1);
  });

  it('outputs that cannot be written, without blaming the stack', async () => {
    const members = OUTPUT_NAMES.map(
      (name) =>
        `<member><OutputKey>${outputKey('Shop', name)}</OutputKey><OutputValue>v</OutputValue></member>`,
    );
    const stack = `<member><StackName>S</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus><Outputs>${members.join('')}</Outputs></member>`;
    const server = createServer((_, response) =>
      response.end(
        `<DescribeStacksResponse><DescribeStacksResult><Stacks>${stack}</Stacks></DescribeStacksResult></DescribeStacksResponse>`,
      ),
    );
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { errors } = await node(stackOutputs, ['--out', join(file, 'x.json')], {
      AWS_ENDPOINT_URL_CLOUDFORMATION: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    });
    server.close();
    expect(errors).toEqual([expect.stringMatching(/^Could not write the outputs: ENOTDIR.*--out$/)]);
  });
});

describe('without --outputs', () => {
  it('redeliver uses the same file as process: the local one if it exists', async () => {
    const clone = join(folder, 'clone');
    mkdirSync(join(clone, '.local'), { recursive: true });
    writeFileSync(join(clone, 'outputs.json'), '{"of":"a deployment"}');
    writeFileSync(join(clone, '.local/outputs.json'), '{"of":"a local runtime"}');
    writeFileSync(join(clone, '.local/outputs.operator.json'), '{"of":"a local runtime"}');
    const ends = [redeliver, `${CLI} definitions`].map((script) => {
      const child = spawn(process.execPath, words(script), { cwd: clone });
      return text(child.stderr);
    });
    for (const errors of await Promise.all(ends)) expect(errors).toContain('.local/outputs.json');
  });

  it('the credentials of a killed runtime are not used for a deployment', async () => {
    const used = join(folder, 'used');
    mkdirSync(used);
    const outputs = { endpoint: 'https://api.example/graphql', region: 'us-east-1' };
    const forOperators = { deadLetterQueueUrl: 'https://x', statusChangeFunction: 'f' };
    writeFileSync(join(used, 'outputs.json'), JSON.stringify(outputs));
    writeFileSync(join(used, 'outputs.operator.json'), JSON.stringify(forOperators));
    writeFileSync(
      join(used, 'operator.env'),
      'AWS_ACCESS_KEY_ID=old\nAWS_SECRET_ACCESS_KEY=old\nAWS_ENDPOINT_URL_LAMBDA=http://127.0.0.1:4000\n',
    );
    const { errors } = await node(redeliver, ['--outputs', join(used, 'outputs.json')], {
      HOME: used,
    });
    expect(errors.join()).toContain('Could not load credentials');
  });
});
