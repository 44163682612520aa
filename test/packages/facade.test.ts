/**
 * `process-facade` in a folder outside the repository, installed from its tarball into an app as
 * `cdk init` makes it, beside the client.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { npmInstall, runIn, sameAsHere } from './commands.ts';
import { nodeOfMajor } from './node-versions.ts';
import { packedTarball, type Tarball } from './pack.ts';

const ROOT = join(import.meta.dirname, '../..');
let facade: Tarball;
const folder = mkdtempSync(join(tmpdir(), 'facade-user-'));
const modules = join(folder, 'node_modules');
const MAX_BYTES = 120_000_000;

/** The command, as the link in `.bin` names it. */
const BIN = join(modules, 'process-facade/dist/cli.js');
/** The scripts of apps run on the Node of the tests. */
const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);

/** Serves an app by the command `dev`, and resolves to its outputs when it is ready. */
async function serve(cwd: string, app: string) {
  const args = [BIN, 'dev', '--app', app, '--port', '0', '--data-dir', 'data-command', '--json'];
  const serving = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(serving, 'close');
  const [outputs] = await once(createInterface(serving.stdout), 'line');
  return {
    outputs: JSON.parse(outputs) as Record<string, string>,
    async [Symbol.asyncDispose]() {
      serving.kill('SIGTERM');
      await ended;
    },
  };
}

beforeAll(async () => {
  cpSync(join(import.meta.dirname, 'own-app'), folder, { recursive: true });
  // As `cdk init` writes it: no "type", so the app is CommonJS.
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'own-app', private: true }));
  const others = ['aws-cdk-lib', 'constructs', '@types/node', 'zod', 'aws-cdk', 'typescript'].map(sameAsHere);
  facade = await packedTarball(inject('tarballs'), 'process-facade');
  const client = await packedTarball(inject('tarballs'), 'process-facade-client');
  await npmInstall(folder, facade.file, client.file, 'tsx@4', ...others);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the tarball of the facade', () => {
  it('holds what runs, declarations, docs and the license, and no sources', () => {
    const kinds = facade.entries.map((path) =>
      path
        .replace(/^dist\/(explorer|functions|resolvers)\/.*/, 'dist/$1/')
        .replace(/^dist\/[^/]*\.(m?js|cjs|d\.c?ts)(\.map)?$/, 'dist/*.$1$2')
        .replace(/^docs\/.*\.md$/, 'docs/*.md')
        .replace(/^examples\/(own-app|python-step)\/.*/, 'examples/$1/'),
    );
    expect([...new Set(kinds)].sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'dist/*.cjs',
      'dist/*.cjs.map',
      'dist/*.d.cts',
      'dist/*.d.ts',
      'dist/*.js',
      'dist/*.js.map',
      'dist/*.mjs',
      'dist/THIRD-PARTY-LICENSES.txt',
      'dist/explorer/',
      'dist/functions/',
      'dist/resolvers/',
      'docs/*.md',
      'examples/own-app/',
      'examples/python-step/',
      'local/SUPPORT.md',
      'package.json',
      'schema.graphql',
    ]);
  });

  it('has the licenses of the packages in its bundles', () => {
    const licenses = readFileSync(join(modules, 'process-facade/dist/THIRD-PARTY-LICENSES.txt'), 'utf8');
    for (const name of ['@aws-sdk/client-s3', 'uuid', 'graphiql', 'monaco-editor', 'react']) {
      expect(licenses).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+\\n\\n.*icense`, 'm'));
    }
  });

  it('installs nothing that only the repository needs, and under 120 MB besides the CDK', () => {
    const installed = readdirSync(modules);
    for (const name of ['node', 'react', 'react-dom', 'graphiql', 'monaco-editor', 'tsdown', 'vitest']) {
      expect(installed).not.toContain(name);
    }
    const others = readdirSync(modules, { recursive: true, encoding: 'utf8' })
      .filter((path) => !/^(aws-cdk-lib|aws-cdk|typescript)[\\/]/.test(path))
      .map((path) => statSync(join(modules, path), { throwIfNoEntry: false }))
      .reduce((sum, file) => sum + (file?.isFile() ? file.size : 0), 0);
    expect(others).toBeLessThan(MAX_BYTES);
  });
});

describe('an app as `cdk init` makes it', () => {
  it('passes its type check', async () => {
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    expect(await runIn(folder, process.execPath, [tsc, '--project', '.'])).toBe('');
  });

  it('synthesizes the same template by tsx as by plain JavaScript', async () => {
    const tsx = join(modules, 'tsx/dist/cli.mjs');
    const synthesize = async (args: string[], output: string) => {
      await runIn(folder, process.execPath, args, { CDK_OUTDIR: output, CDK_VALIDATION: 'false' });
      return JSON.parse(readFileSync(join(folder, output, 'OwnAppStack.template.json'), 'utf8'));
    };
    const [typescript, javascript] = await Promise.all([
      synthesize([tsx, 'bin/own-app.ts'], 'cdk.tsx'),
      synthesize(['bin/plain.mjs'], 'cdk.plain'),
    ]);
    expect(typescript).toEqual(javascript);
    const types = Object.values<{ Type: string }>(typescript.Resources).map(({ Type }) => Type);
    expect(types).toContain('AWS::AppSync::GraphQLApi');
    expect(types.filter((type) => type === 'AWS::StepFunctions::StateMachine')).toHaveLength(1);
  });

  it('has its steps bundled with the wrapper, into files that load by themselves', async () => {
    const bundles = readdirSync(join(folder, 'cdk.tsx'))
      .filter((name) => name.startsWith('asset.'))
      .map((name) => join(folder, 'cdk.tsx', name, 'index.mjs'));
    const steps = bundles.filter((file) => readFileSync(file, 'utf8').includes('totalCents'));
    expect(steps).toHaveLength(2);
    for (const file of steps) {
      const script = `import(${JSON.stringify(`file://${file}`)}).then((step) => console.log(typeof step.handler))`;
      expect(await runIn(tmpdir(), process.execPath, ['--eval', script])).toBe('function\n');
    }
  });

  it('requires the construct and the step wrapper where CommonJS cannot require ES modules', async () => {
    const script =
      "console.log(typeof require('process-facade').ProcessFacade, typeof require('process-facade/step').step)";
    const flags = ['--no-experimental-require-module', '--no-warnings'];
    expect(await runIn(folder, process.execPath, [...flags, '--eval', script])).toBe('function function\n');
  });
});

describe('the command process-facade', () => {
  it('serves the app and runs a process', async () => {
    expect(readdirSync(join(modules, '.bin'))).toContain('process-facade');
    await using served = await serve(folder, 'bin/plain.mjs');
    expect(served.outputs).toMatchObject({ endpoint: expect.stringContaining('/graphql') });
    writeFileSync(join(folder, 'order.json'), '{"orderId":"A-2","quantity":2}');
    const start = [BIN, 'start', 'order', '--input', 'order.json', '--watch'];
    const output = await runIn(folder, process.execPath, start);
    expect(JSON.parse(output)).toEqual({ orderId: 'A-2', totalCents: 500 });
  });

  it('names itself in its help, and needs Node 22.18', async () => {
    expect(await runIn(folder, process.execPath, [BIN, 'start', '--help'])).toContain(
      'npx process-facade start <definition> --input',
    );
    await expect(runIn(folder, await nodeOfMajor(20), [BIN, '--help'])).rejects.toThrow(
      'needs Node 22.18 or newer',
    );
  });
});

describe('the app that init makes', () => {
  const app = join(folder, 'tea-shop');
  const run = (command: string, ...args: string[]) => runIn(app, command, args, { PATH });

  beforeAll(async () => {
    await runIn(folder, 'npx', ['--no-install', 'process-facade', 'init', 'tea-shop'], { PATH });
  });

  it('passes its test and its type check', async () => {
    expect(await run('npm', 'test')).toContain('pass 2');
    await run('npm', 'run', 'types');
  });

  it('is served by dev, and runs the order of its client', async () => {
    await using _ = await serve(app, 'bin/app.ts');
    const printed = await run('npm', '--silent', 'run', 'order');
    expect(JSON.parse(printed)).toEqual({ orderId: 'A-1', totalCents: 750 });
  });

  it('is synthesized by the CDK', async () => {
    await run('npx', '--no-install', 'cdk', 'synth', '--quiet');
    const { Resources } = JSON.parse(readFileSync(join(app, 'cdk.out/TeaShop.template.json'), 'utf8'));
    const types = Object.values<{ Type: string }>(Resources).map(({ Type }) => Type);
    expect(types).toContain('AWS::AppSync::GraphQLApi');
  });
});

describe('the local runtime as a dependency', () => {
  it('on Node 22 completes a process of the app and serves the explorer', async () => {
    const args = ['run-order.mjs', 'bin/own-app.ts', 'data'];
    const printed = await runIn(folder, await nodeOfMajor(22), args);
    expect(JSON.parse(printed)).toEqual({
      confirmation: { orderId: 'A-1', totalCents: 750 },
      explorer: 200,
      bundle: 200,
    });
  });
});
