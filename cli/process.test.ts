import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli, spawnCli } from './spawn-cli.ts';

const ID = '7d1a3c5e-018f-4c3b-9e55-0b6f2a4d8c11';
const folder = mkdtempSync(join(tmpdir(), 'cli-'));
const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  rmSync(folder, { recursive: true });
});

/** Starts a fake API and returns its URL. */
async function serve(respond: RequestListener): Promise<string> {
  const server = createServer(respond).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Returns a URL at which nothing listens. */
async function closedUrl(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return `http://127.0.0.1:${port}`;
}

function write(name: string, content: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

function outputsOf(endpoint: string) {
  return { endpoint, realtimeEndpoint: endpoint.replace('http', 'ws'), apiKey: 'da2-test' };
}

const input = write('input.json', { words: [] });
const outputs = write('unused.json', outputsOf('http://127.0.0.1:1/unused'));

describe.concurrent('a single line on stderr, and nothing on stdout, reports', () => {
  it.each([
    ['an unknown command', ['begin'], /^error: unknown command 'begin'/],
    ['an unknown option', ['state', ID, '--nothing'], /^error: unknown option '--nothing'/],
    ['a processId that is not a UUID', ['state', 'x'], /'x' .*'processId'. Expected a lowercase UUID/],
    ['an --id that is not a UUID', ['start', 'order', '--id', ID.toUpperCase()], /'--id <uuid>' .*lowercase/],
    ['a start without input', ['start', 'order'], /^error: required option '--input <file>'/],
    ['a --timeout of 0', ['wait', ID, '--timeout', '0'], /Expected a number of seconds, above 0/],
    ['a --timeout that is not a number', ['wait', ID, '--timeout', 'soon'], /Expected a number of seconds/],
    ['a --timeout beyond the limit of timers', ['wait', ID, '--timeout', '1e9'], /up to 2147483\./],
    ['an unknown --via', ['watch', ID, '--via', 'mail'], /Allowed choices are auto, subscription, polling/],
    [
      'missing default outputs',
      ['state', ID],
      /^Found neither \.local\/outputs\.json nor outputs\.json\. Run `npm start` fi/,
    ],
    [
      'a missing outputs file',
      ['state', ID, '--outputs', 'x.json'],
      /^Could not read x\.json: ENOENT.*npm start/,
    ],
    [
      'outputs that are not JSON',
      ['state', ID, '--outputs', write('no-json.json', '{')],
      /^Could not read .*JSON/,
    ],
    [
      'outputs of null',
      ['state', ID, '--outputs', write('null.json', 'null')],
      /to contain the URLs endpoint/,
    ],
    [
      'outputs without an API key',
      ['state', ID, '--outputs', write('no-key.json', { ...outputsOf('http://127.0.0.1:1'), apiKey: '' })],
      /^Expected .*no-key\.json to contain .* an apiKey\./,
    ],
    [
      'outputs without a URL',
      ['state', ID, '--outputs', write('no-url.json', outputsOf('nowhere'))],
      /to contain the URLs endpoint and realtimeEndpoint/,
    ],
    [
      'outputs with a URL of another protocol',
      ['state', ID, '--outputs', write('ftp.json', outputsOf('ftp://127.0.0.1'))],
      /to contain the URLs endpoint and realtimeEndpoint/,
    ],
    [
      'outputs with a URL without a host',
      ['state', ID, '--outputs', write('no-host.json', outputsOf('http://'))],
      /to contain the URLs endpoint and realtimeEndpoint/,
    ],
    [
      'a missing input file',
      ['start', 'order', '--input', 'x.json', '--outputs', outputs],
      /^Could not read the input: ENOENT: .*'x\.json'/,
    ],
    [
      'an input that is a folder',
      ['start', 'order', '--input', '.', '--outputs', outputs],
      /^Could not read the input: EISDIR/,
    ],
    [
      'an input that is not valid JSON',
      ['start', 'order', '--input', write('cut.json', '{\n "orderId":\n no'), '--outputs', outputs],
      /^The input from .*cut\.json is not valid JSON: /,
    ],
  ] satisfies [string, string[], RegExp][])('%s', async (_, args, message) => {
    const { code, stdout, errors } = await runCli(args, { cwd: folder });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(errors).toEqual([expect.stringMatching(message)]);
  });

  it('an empty stdin as the input', async () => {
    const { code, errors } = await runCli(['start', 'order', '--input', '-', '--outputs', outputs]);
    expect(code).toBe(1);
    expect(errors).toEqual([expect.stringMatching(/^The input from stdin is not valid JSON: /)]);
  });

  it('a facade that cannot be reached', async () => {
    const gone = write('gone.json', outputsOf(await closedUrl()));
    const [state, watch, start] = await Promise.all([
      runCli(['state', ID, '--outputs', gone]),
      runCli(['watch', ID, '--outputs', gone]),
      runCli(['start', 'order', '--input', input, '--id', ID, '--watch', '--outputs', gone]),
    ]);
    const message = /^No \w+ from http:.*ECONNREFUSED.* Is the facade running\? `npm start`/;
    expect(state).toEqual({ code: 1, stdout: '', errors: [expect.stringMatching(message)] });
    expect(watch).toEqual(state);
    expect(start).toEqual({ code: 1, stdout: '', errors: [expect.stringMatching(message)] });
    expect(start.errors[0]).toMatch(
      new RegExp(`It is unknown whether the process was started\\..* --id ${ID}$`),
    );
  });

  it('a URL of another service', async () => {
    const endpoint = await serve((_, response) => {
      response.writeHead(404).end('<html>\n<body>Not\r\nhere</body>\n</html>');
    });
    const { code, errors } = await runCli([
      'state',
      ID,
      '--outputs',
      write('else.json', outputsOf(endpoint)),
    ]);
    expect(code).toBe(1);
    expect(errors).toEqual([expect.stringMatching(/^HttpError: Unexpected \w+ from .*: HTTP 404 <html>/)]);
  });
});

describe('without a response,', () => {
  it('a start can be interrupted by Ctrl-C, which prints how to repeat it', async () => {
    let asked = () => {};
    const arrived = new Promise<void>((done) => {
      asked = done;
    });
    const silent = write('silent.json', outputsOf(await serve(asked)));
    const run = spawnCli(['start', 'order', '--input', input, '--id', ID, '--outputs', silent]);
    await arrived;
    run.interrupt();
    expect(await run.ended).toEqual({
      code: 130,
      stdout: '',
      errors: [
        expect.stringMatching(`^Interrupted. It is unknown whether the process was started.* --id ${ID}$`),
      ],
    });
  });

  it('a start that fails on the server prints the same', async () => {
    const endpoint = await serve((_, response) => {
      response.end(JSON.stringify({ errors: [{ message: 'Try again', errorType: 'InternalError' }] }));
    });
    const failing = write('failing.json', outputsOf(endpoint));
    const { code, errors } = await runCli(['start', 'x', '--input', input, '--id', ID, '--outputs', failing]);
    expect(code).toBe(1);
    expect(errors).toEqual([
      `InternalError: Try again. It is unknown whether the process was started. To repeat the same start, add: --id ${ID}`,
    ]);
  });

  it('a wait ends after its --timeout', async () => {
    const silent = write('silent-too.json', outputsOf(await serve(() => {})));
    const { code, errors } = await runCli(['wait', ID, '--timeout', '0.2', '--outputs', silent]);
    expect(code).toBe(1);
    expect(errors).toEqual([
      `Timed out after 0.2 s. Process [${ID}] continues. To reattach: npm run process -- wait ${ID} --outputs ${silent}`,
    ]);
  });
});

describe('without --outputs', () => {
  it('the local facade is used, or else the deployed one', async () => {
    const facade = await serve(({ url }, response) => {
      response.end(JSON.stringify({ data: { processState: { owner: url } } }));
    });
    const cwd = join(folder, 'both');
    mkdirSync(join(cwd, '.local'), { recursive: true });
    const owner = async () => JSON.parse((await runCli(['state', ID], { cwd })).stdout).owner;
    write('both/outputs.json', outputsOf(`${facade}/deployed`));
    expect(await owner()).toBe('/deployed');
    write('both/.local/outputs.json', outputsOf(`${facade}/local`));
    expect(await owner()).toBe('/local');
  });
});

describe('a result that cannot be written', () => {
  it('is a failure with one line on stderr', async () => {
    const endpoint = await serve((_, response) => {
      response.end(JSON.stringify({ data: { processState: {} } }));
    });
    const outputsFile = write('read.json', outputsOf(endpoint));
    // Open for reading only.
    const stdout = openSync(input, 'r');
    const args = [join(import.meta.dirname, 'process-facade.ts'), 'state', ID, '--outputs', outputsFile];
    const child = spawn(process.execPath, args, { stdio: ['ignore', stdout, 'pipe'] });
    const [[code], errors] = await Promise.all([
      once(child, 'close'),
      text(child.stderr ?? Readable.from([])),
    ]);
    closeSync(stdout);
    expect(code).toBe(1);
    expect(errors).toMatch(/^Could not write the result: EBADF.*\n$/);
  });

  it('because its reader closed the pipe is not a failure', async () => {
    let respond = () => {};
    let asked = () => {};
    const arrived = new Promise<void>((done) => {
      asked = done;
    });
    const endpoint = await serve((_, response) => {
      respond = () => response.end(JSON.stringify({ data: { processState: {} } }));
      asked();
    });
    const run = spawnCli(['state', ID, '--outputs', write('head.json', outputsOf(endpoint))]);
    await arrived;
    run.closeStdout();
    respond();
    expect(await run.ended).toEqual({ code: 0, stdout: '', errors: [] });
  });
});

describe('help', () => {
  it('is printed without a command, with exit code 1', async () => {
    const { code, stdout, errors } = await runCli([]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(errors[0]).toMatch(/^Usage: npm run process --/);
  });

  it('lists the commands, and each command has its own', async () => {
    const commands = ['start', 'state', 'data', 'wait', 'watch', 'definitions'];
    const [all, ...each] = await Promise.all(
      [[], ...commands.map((command) => [command])].map((args) => runCli([...args, '--help'])),
    );
    for (const [index, command] of commands.entries()) {
      expect(all).toMatchObject({ code: 0, errors: [], stdout: expect.stringContaining(`\n  ${command} `) });
      expect(each[index]).toMatchObject({
        code: 0,
        errors: [],
        stdout: expect.stringContaining(`-- ${command} `),
      });
    }
  });
});
