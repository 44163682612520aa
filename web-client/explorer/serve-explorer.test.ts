import { cp, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildExplorer } from './bundle-explorer.ts';
import { createExplorer, type Explorer } from './serve-explorer.ts';

const config = {
  endpoint: 'http://127.0.0.1:4000/graphql',
  realtimeEndpoint: 'ws://127.0.0.1:4000/graphql/realtime',
  apiKey: 'da2-abcdefghijklmnopqrstuvwxyz',
};

let directory: string;
let cacheDir: string;
let explorer: Explorer;
let server: Server;
let origin: string;
let firstAnswers: number[];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'explorer-'));
  cacheDir = join(directory, 'cache');
  await mkdir(join(cacheDir, '0123456789abcdef'), { recursive: true });
  await writeFile(join(cacheDir, 'secret.js'), '');
  explorer = createExplorer({ config, cacheDir });
  ({ server, origin } = await mount(explorer));
  const first = await Promise.all([fetch(`${origin}/explorer/`), fetch(`${origin}/explorer/`)]);
  firstAnswers = first.map(({ status }) => status);
});

afterAll(async () => {
  server.close();
  await explorer.close();
  await rm(directory, { recursive: true });
});

/** Serves an explorer under `/explorer`, as the local runtime does. */
async function mount(mounted: Explorer): Promise<{ server: Server; origin: string }> {
  const listening = createServer((req, res) => {
    void mounted.handleRequest(req, res, (req.url ?? '').slice('/explorer'.length));
  });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const address = listening.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { server: listening, origin: `http://127.0.0.1:${address.port}` };
}

/** The status of a request for a path that is sent as written; fetch would resolve its dots. */
function statusOf(path: string, headers: Record<string, string> = {}): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(origin, { path, headers }, (res) => resolve(res.resume().statusCode))
      .on('error', reject)
      .end();
  });
}

/** The page and every file that it names, and those that these name in turn. */
async function loadAll(): Promise<{ url: string; response: Response; text: string }[]> {
  const urls = new Set([`${origin}/explorer/`]);
  const loaded = [];
  for (const url of urls) {
    const response = await fetch(url);
    const text = await response.text();
    loaded.push({ url, response, text });
    const links = text.matchAll(/(?:href|src)="(\w+\/[^"]+)"|["'`](\.\/[\w.-]+\.(?:js|css))["'`]/g);
    for (const [, inPage, inScript] of links) urls.add(new URL(inPage ?? inScript ?? '', url).href);
  }
  return loaded;
}

describe('the explorer', () => {
  test('returns every file that it needs, with the type of each', async () => {
    const loaded = await loadAll();

    const wrong = loaded.filter(({ url, response }) => {
      const expected = url.endsWith('.js')
        ? 'text/javascript'
        : url.endsWith('.css')
          ? 'text/css'
          : 'text/html';
      return response.status !== 200 || response.headers.get('content-type') !== `${expected}; charset=utf-8`;
    });
    expect(wrong.map(({ url, response }) => [url, response.status])).toEqual([]);
    const files = loaded.map(({ url }) => url.replace(/.*\//, ''));
    expect(files).toEqual(
      expect.arrayContaining([
        'explorer.css',
        'explorer.js',
        'editor.worker.js',
        'graphql.worker.js',
        'json.worker.js',
      ]),
    );
  });

  test("has Prettier's parsers as modules, which GraphiQL's prettify button imports by name", async () => {
    const [bundle = ''] = (await readdir(cacheDir)).sort();
    const files = (await readdir(join(cacheDir, bundle))).filter((name) => /^(babel|graphql)-/.test(name));
    const modules = await Promise.all(files.map((name) => import(join(cacheDir, bundle, name))));

    const parsers = modules.flatMap((module) => Object.keys(module.parsers ?? {}));
    expect(parsers).toEqual(expect.arrayContaining(['graphql', 'jsonc']));
  });

  test('may load scripts from its own server only, and talk to the API only', async () => {
    const loaded = await loadAll();

    for (const { response } of loaded) {
      const policy = response.headers.get('content-security-policy')?.split('; ');
      expect(policy).toEqual(
        expect.arrayContaining([
          "default-src 'none'",
          "script-src 'self'",
          "connect-src 'self' http://127.0.0.1:4000 ws://127.0.0.1:4000",
        ]),
      );
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  test('names no other host as the source of a script, a style, a font or a worker', async () => {
    const loads =
      /(?:\bimport\(|\bfrom|\bimport|\bimportScripts\(|\bnew Worker\(|\burl\(|\bsrc=)\s*["'`]?https?:/;
    const loaded = await loadAll();

    expect(loaded.filter(({ text }) => loads.test(text)).map(({ url }) => url)).toEqual([]);
    expect(
      loaded.filter(({ text }) => /unpkg|jsdelivr|esm\.sh|cdnjs/.test(text)).map(({ url }) => url),
    ).toEqual([]);
  });

  test('lets a browser cache the bundle permanently, and neither the page nor the key', async () => {
    for (const { url, response } of await loadAll()) {
      const expected = url.endsWith('/') ? 'no-store' : 'public, max-age=31536000, immutable';
      expect([url, response.headers.get('cache-control')]).toEqual([url, expected]);
    }
    const response = await fetch(`${origin}/explorer/config.json`);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  test('gives the page the URL and the key of the API', async () => {
    const response = await fetch(`${origin}/explorer/config.json`);

    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await response.json()).toEqual(config);
  });

  test('gives the key to its own page only, also where a page sends no Origin', async () => {
    const page = (headers: Record<string, string>) => statusOf('/explorer/config.json', headers);
    expect(await page({ origin, 'sec-fetch-site': 'same-origin' })).toBe(200);
    expect(await page({ 'sec-fetch-site': 'none' })).toBe(200);
    expect(await page({ origin: 'http://localhost:5173' })).toBe(403);
    expect(await page({ origin: 'https://evil.example' })).toBe(403);
    expect(await page({ 'sec-fetch-site': 'same-site' })).toBe(403);
    expect(await page({ 'sec-fetch-site': 'cross-site' })).toBe(403);
    const { headers } = await fetch(`${origin}/explorer/config.json`);
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  test('is found without the last slash and with a query too', async () => {
    const response = await fetch(`${origin}/explorer?from=docs`);

    expect(response.url).toBe(`${origin}/explorer/`);
    expect(response.status).toBe(200);
    expect((await fetch(`${origin}/explorer/?from=docs`)).status).toBe(200);
  });

  test('responds to HEAD as to GET without the body, and rejects other methods with 405', async () => {
    const head = await fetch(`${origin}/explorer/`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);

    const post = await fetch(`${origin}/explorer/`, { method: 'POST' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  test('responds 404 to a path that is not in the bundle, however it is written', async () => {
    const [bundle] = (await readdir(cacheDir)).sort();

    for (const path of [
      '/explorer/nothing',
      `/explorer/${bundle}`,
      `/explorer/${bundle}/nothing.js`,
      `/explorer/${bundle}/../secret.js`,
      `/explorer/${bundle}/..%2fsecret.js`,
      `/explorer/${bundle}/%2e%2e/secret.js`,
      `/explorer/${bundle}/..\\secret.js`,
      `/explorer/${bundle}//explorer.js`,
      `/explorer/${bundle}/./explorer.js`,
      `/explorer/../secret.js`,
      `/explorer/..%2f/secret.js`,
      `/explorer/${bundle}/explorer.js%00`,
    ]) {
      expect([path, await statusOf(path)]).toEqual([path, 404]);
    }
  });

  test('is bundled once for requests at the same time, in place of an older bundle only', async () => {
    expect(firstAnswers).toEqual([200, 200]);
    const [bundle, ...others] = (await readdir(cacheDir)).sort();
    expect(bundle).toMatch(/^[0-9a-f]{16}$/);
    expect(bundle).not.toBe('0123456789abcdef');
    expect(others).toEqual(['secret.js']);
  });

  test('is built for the package as a page beside its bundle', async () => {
    const folder = join(directory, 'built');
    await cp(cacheDir, folder, { recursive: true });
    await buildExplorer(folder);

    const [bundle = ''] = (await readdir(folder)).filter((name) => /^[0-9a-f]{16}$/.test(name));
    expect(await readdir(join(folder, bundle))).toContain('explorer.js');
    expect(await readdir(folder)).toContain('explorer.html');
  });

  test('is not bundled again by the next server', async () => {
    const built = await stat(cacheDir);
    const next = createExplorer({ config, cacheDir });
    const mounted = await mount(next);
    expect((await fetch(`${mounted.origin}/explorer/`)).status).toBe(200);
    mounted.server.close();
    await next.close();

    expect((await stat(cacheDir)).mtimeMs).toBe(built.mtimeMs);
  });
});

test('a build that fails is a page and a log line that say why, and the next request tries again', async () => {
  const occupied = join(directory, 'occupied');
  await writeFile(occupied, '');
  const lines: string[] = [];
  const failing = createExplorer({ config, cacheDir: occupied, log: (line) => lines.push(line) });
  const mounted = await mount(failing);

  const response = await fetch(`${mounted.origin}/explorer/`);
  expect(response.status).toBe(500);
  expect(await response.text()).toContain('EEXIST');
  expect(lines).toEqual([expect.stringMatching(/^The explorer could not be built: EEXIST/)]);

  await rm(occupied);
  await cp(cacheDir, occupied, { recursive: true });
  expect((await fetch(`${mounted.origin}/explorer/`)).status).toBe(200);
  mounted.server.close();
  await failing.close();
});
