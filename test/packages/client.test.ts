/**
 * `process-facade-client` in an empty folder outside the repository, installed from its tarball.
 */
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import * as vite from 'vite';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createProcessId } from '../../client/index.ts';
import { startTestServer, testState } from '../../client/test-server.ts';
import { launchChromium } from '../browser/chromium.ts';
import { findChromium } from '../browser/find-chromium.ts';
import { startSite } from '../browser/site.ts';
import { npmInstall, runIn } from './commands.ts';
import { nodeOfMajor } from './node-versions.ts';
import { packedTarball, type Tarball } from './pack.ts';

const ROOT = join(import.meta.dirname, '../..');
let tarball: Tarball;
const folder = mkdtempSync(join(tmpdir(), 'client-user-'));
const write = (name: string, content: string | object) =>
  writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));

beforeAll(async () => {
  write('package.json', { private: true, type: 'module' });
  tarball = await packedTarball(inject('tarballs'), 'process-facade-client');
  await npmInstall(folder, tarball.file);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the tarball of the client', () => {
  it('holds the build, the license and the README, and nothing else', () => {
    const kinds = tarball.entries.map((path) =>
      path.replace(/^dist\/.*\.(c?js|d\.c?ts)(\.map)?$/, 'dist/*.$1$2'),
    );
    expect([...new Set(kinds)].sort()).toEqual([
      'LICENSE',
      'README.md',
      'dist/*.cjs',
      'dist/*.cjs.map',
      'dist/*.d.cts',
      'dist/*.d.ts',
      'dist/*.js',
      'dist/*.js.map',
      'package.json',
    ]);
  });

  it('installs as one package', () => {
    expect(readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual([
      'process-facade-client',
    ]);
  });

  it('has source maps with their sources', () => {
    const maps = tarball.entries.filter((path) => path.endsWith('js.map'));
    for (const map of maps) {
      const { sources, sourcesContent } = JSON.parse(
        readFileSync(join(folder, 'node_modules/process-facade-client', map), 'utf8'),
      );
      expect(sourcesContent).toHaveLength(sources.length);
      expect(sourcesContent).not.toContain(null);
    }
  });
});

describe.each([20, 22, 24])('Node %i', (major) => {
  it.each([
    ['import', "import { createProcessClient } from 'process-facade-client';", 'mjs'],
    ['require', "const { createProcessClient } = require('process-facade-client');", 'cjs'],
  ])(
    'waits for a process after %s',
    async (way, importing, extension) => {
      await using server = await startTestServer();
      const processId = createProcessId();
      server.record(testState(processId, { status: 'SUCCEEDED', version: 2 }));
      const file = `${way}-${major}.${extension}`;
      write(
        file,
        `${importing}
      const client = createProcessClient({ endpoint: '${server.endpoint}', apiKey: 'key' });
      client.wait('${processId}').then(({ status }) => console.log(process.version, status));`,
      );
      const printed = await runIn(folder, await nodeOfMajor(major), [file]);
      expect(printed).toMatch(new RegExp(`^v${major}\\.[\\d.]+ SUCCEEDED\\n$`));
    },
    120_000,
  );
});

/** Uses everything that the declarations name. */
const USE = `
import { createProcessClient, ProcessFailedError, type ProcessState, type ProcessUpdate } from 'process-facade-client';
const client = createProcessClient({ endpoint: 'https://shop.example/graphql', apiKey: 'key' });
export const output: Promise<{ total: number } | null> = client.run<{ total: number }>('order', {}, {
  onUpdate: (update: ProcessUpdate) => console.log(update.kind === 'step' ? update.step.step : update.state.status),
});
export const state: Promise<ProcessState> = client.get('id');
export const isFailure = (error: unknown): error is ProcessFailedError => error instanceof ProcessFailedError;
client.dispose();
`;
const USING = `
import { createProcessClient } from 'process-facade-client';
export async function status(): Promise<string> {
  using client = createProcessClient({ endpoint: 'https://shop.example/graphql', apiKey: 'key' });
  return (await client.get('id')).status;
}
`;
const APOLLO = `
import { ApolloClient, InMemoryCache } from '@apollo/client';
import { createProcessLink } from 'process-facade-client/apollo';
const { link } = createProcessLink({ endpoint: 'https://shop.example/graphql', apiKey: 'key' });
export const client: ApolloClient = new ApolloClient({ link, cache: new InMemoryCache() });
`;
const STRICT = { strict: true, noEmit: true, target: 'es2022', types: [] };
/** As \`npm create vite\` writes it for React and TypeScript, without Vite's own types. */
const VITE = {
  ...STRICT,
  target: 'es2023',
  lib: ['ES2023', 'DOM', 'DOM.Iterable'],
  module: 'esnext',
  moduleResolution: 'bundler',
  verbatimModuleSyntax: true,
  erasableSyntaxOnly: true,
  moduleDetection: 'force',
  allowImportingTsExtensions: true,
  skipLibCheck: true,
};
const ES2022 = { ...STRICT, lib: ['es2022', 'dom'], skipLibCheck: false };
const NODE16 = { ...ES2022, module: 'node16', moduleResolution: 'node16' };
const BUNDLER = { ...ES2022, module: 'esnext', moduleResolution: 'bundler' };

describe('the declarations of the client', () => {
  it.each([
    ['a usual Vite project', VITE, 'use.ts', USE],
    ['node16 in an ES module', NODE16, 'use.mts', USE],
    ['node16 in CommonJS', NODE16, 'use.cts', USE],
    ['bundler with lib es2022 and dom', BUNDLER, 'use.ts', USE],
    [
      '`using` where lib has it',
      { ...BUNDLER, lib: ['es2022', 'dom', 'esnext.disposable'] },
      'using.ts',
      USING,
    ],
    ['Apollo Client in a Vite project', VITE, 'apollo.ts', APOLLO],
    ['Apollo Client in CommonJS', { ...NODE16, skipLibCheck: true }, 'apollo.cts', APOLLO],
  ])('pass in %s', async (name, compilerOptions, file, source) => {
    if (name.startsWith('Apollo')) linkApollo();
    write(file, source);
    const project = `tsconfig.${name.replace(/\W+/g, '-')}.json`;
    write(project, { compilerOptions, files: [file] });
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    expect(await runIn(folder, process.execPath, [tsc, '--project', project])).toBe('');
  });
});

/** The peers of `./apollo`, without another installation. */
function linkApollo(): void {
  for (const name of ['@apollo', 'graphql', 'rxjs']) {
    const link = join(folder, 'node_modules', name);
    if (!existsSync(link)) symlinkSync(join(ROOT, 'node_modules', name), link, 'junction');
  }
}

/** What a page loads: the client under the name that the test looks for. */
const PAGE = "import * as client from 'process-facade-client';\nglobalThis.facade = client;\n";

async function bundleWithEsbuild(): Promise<string> {
  const { outputFiles, warnings } = await esbuild.build({
    stdin: { contents: PAGE, resolveDir: folder },
    bundle: true,
    format: 'esm',
    target: 'safari16',
    write: false,
  });
  expect(warnings).toEqual([]);
  return outputFiles[0]?.text ?? '';
}

async function bundleWithVite(): Promise<string> {
  write('page.js', PAGE);
  write('index.html', '<script type="module" src="/page.js"></script>');
  const result = await vite.build({
    root: folder,
    configFile: false,
    logLevel: 'error',
    build: { target: 'safari16', write: false },
  });
  const { output } = [result].flat()[0] as { output: { type: string; code?: string }[] };
  return output.find(({ type }) => type === 'chunk')?.code ?? '';
}

const chromium = findChromium();

describe.each([
  ['esbuild', bundleWithEsbuild],
  ['Vite', bundleWithVite],
])('a page bundled by %s for Safari 16', (_, bundle) => {
  it('runs a process in Chromium', async ({ skip }) => {
    const script = await bundle();
    if (!chromium) return skip('No Chromium found: the bundle was built and did not run.');
    await using server = await startTestServer();
    await using site = await startSite(server.endpoint, script);
    const browser = await launchChromium(chromium);
    try {
      const page = await browser.newPage({ baseURL: site.origin });
      await page.goto('/');
      const processId = createProcessId();
      server.documents.set(processId, { input: {}, steps: { Price: { total: 3 } }, output: 'Price' });
      const running = page.evaluate(
        ([endpoint, id]) =>
          facade
            .createProcessClient({ endpoint, apiKey: 'key' })
            .run('order', {}, { processId: id, via: 'subscription' }),
        [`${site.origin}/graphql`, processId] as const,
      );
      server.intercept = ({ field }) => {
        if (field === 'processState')
          server.record(testState(processId, { status: 'SUCCEEDED', version: 2 }));
        return undefined;
      };
      expect(await running).toEqual({ total: 3 });
    } finally {
      await browser.close();
    }
  });
});
