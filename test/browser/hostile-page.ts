import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createProcessId } from '../../client/index.ts';
import { example, newClient, outputs } from '../facade.ts';
import { launchChromium, SITE_NAMES } from './chromium.ts';
import { type Site, startSite } from './site.ts';

const { endpoint, apiKey, bucket } = outputs;
const facade = new URL(endpoint);

type Attack = { target: string; apiKey: string; bucket: string; processId: string; input: string };
/** An attempt, and the part of the response that the page can see. */
type Loot = { way: string; status: number | 'blocked'; text: string };

/** Tries everything a script can. Runs on the page; the attacker even has the API key. */
async function attack({ target, apiKey, bucket, processId, input }: Attack): Promise<Loot[]> {
  const query = `mutation ($input: AWSJSON!) {
    startProcess(definition: "order", input: $input, processId: "${processId}") { status }
  }`;
  const body = JSON.stringify({ query, variables: { input } });
  const headers = { 'x-api-key': apiKey, 'content-type': 'application/json' };
  const requests: [path: string, init?: RequestInit][] = [
    ['/explorer/config.json'],
    ['/explorer/'],
    ['/graphql', { method: 'POST', headers, body }],
    ['/graphql', { method: 'POST', mode: 'no-cors', body }],
    ['/graphql?query=%7BprocessDefinitions%7Bname%7D%7D', { headers }],
    [`/s3/${bucket}?list-type=2`],
    ['/s3', { mode: 'no-cors' }],
    ['/'],
  ];
  const loot = requests.map(async ([path, init = {}]): Promise<Loot> => {
    const way = `${init.method ?? 'GET'} ${path}`;
    try {
      const response = await fetch(target + path, init);
      const status = response.type === 'opaque' ? 'blocked' : response.status;
      return { way, status, text: await response.text() };
    } catch {
      return { way, status: 'blocked', text: '' };
    }
  });
  const socket = new Promise<Loot>((done) => {
    const credential = JSON.stringify({ host: new URL(target).host, 'x-api-key': apiKey });
    const encoded = btoa(credential).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
    const opened = new WebSocket(`${target.replace('http', 'ws')}/graphql/realtime`, [
      'graphql-ws',
      `header-${encoded}`,
    ]);
    opened.onopen = () => done({ way: 'WebSocket', status: 101, text: '' });
    opened.onerror = () => done({ way: 'WebSocket', status: 'blocked', text: '' });
  });
  return Promise.all([...loot, socket]);
}

/** Tests that a page of another site gets nothing from the local runtime. */
export function testHostilePage(executablePath: string): void {
  let browser: Browser;
  let site: Site;
  let page: Page;
  let attackerSite: string;
  const client = newClient();

  beforeAll(async () => {
    site = await startSite(endpoint);
    attackerSite = `http://${SITE_NAMES.attacker}:${site.port}/`;
    browser = await launchChromium(executablePath);
  });
  afterAll(async () => {
    client.dispose();
    await browser?.close();
    await site?.[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    page = await browser.newPage();
    return () => page.close();
  });

  /** Attacks from the open page, which must start nothing. */
  async function attackOn(target: string) {
    const processId = createProcessId();
    const input = JSON.stringify(example('order'));
    const loot = await page.evaluate(attack, { target, apiKey, bucket, processId, input });
    const state = await client.get(processId).catch((error: { errorType: string }) => error.errorType);
    return { loot, state };
  }

  function expectNothing({ loot, state }: Awaited<ReturnType<typeof attackOn>>) {
    expect(loot.filter(({ status }) => status !== 'blocked' && status !== 403)).toEqual([]);
    expect(JSON.stringify(loot)).not.toContain(apiKey);
    expect(state).toBe('ProcessNotFound');
  }

  it('of this machine gets through with the same script, or the others would prove nothing', async () => {
    await page.goto(site.origin);
    const { loot, state } = await attackOn(facade.origin);
    expect(loot).toContainEqual({ way: 'WebSocket', status: 101, text: '' });
    expect(loot.filter(({ way, status }) => way === 'POST /graphql' && status === 200)).toHaveLength(1);
    expect(state).toMatchObject({ definition: 'order' });
  });

  it('whose host name now resolves to this machine (DNS rebinding) gets nothing', async () => {
    const origin = `http://${SITE_NAMES.attacker}:${facade.port}`;
    // The response of the attacker's server before the name was rebound.
    await page.route(`${origin}/page`, (route) => route.fulfill({ contentType: 'text/html', body: 'Hello' }));
    await page.goto(`${origin}/page`);
    const tried = await attackOn(origin);
    expectNothing(tried);
    // The runtime rejected the request, not the browser.
    expect(tried.loot.filter(({ status }) => status === 403).length).toBeGreaterThan(4);
  });

  it.each([facade.origin, `http://localhost:${facade.port}`])(
    'of another site gets nothing from %s',
    async (target) => {
      await page.goto(attackerSite);
      expectNothing(await attackOn(target));
    },
  );

  it('cannot send a form', async () => {
    await page.goto(attackerSite);
    const processId = createProcessId();
    const query = `mutation { startProcess(definition: "order", input: "{}", processId: "${processId}") { status } }`;
    // The text/plain body of a form is `name=value`: JSON with a `=` inside a string.
    const [name, value] = JSON.stringify({ query, variables: { x: '=' } }).split('=');
    await page.setContent(`<form method="post" enctype="text/plain" action="${endpoint}"><input></form>`);
    await page.locator('input').evaluate((input, given) => Object.assign(input, given), { name, value });
    const [response] = await Promise.all([
      page.waitForResponse(endpoint),
      page.evaluate('document.forms[0].submit()'),
    ]);
    expect(response.status()).toBe(403);
  });

  it('cannot frame the explorer', async () => {
    await page.goto(attackerSite);
    await page.setContent(`<iframe src="${facade.origin}/explorer/"></iframe>`);
    await expect.poll(() => page.frames()[1]?.url()).toMatch(/^chrome-error:/);
  });
}
