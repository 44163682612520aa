import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createProcessId } from '../../client/index.ts';
import { example, outputs } from '../facade.ts';
import { launchChromium, SITE_NAMES } from './chromium.ts';
import { type Site, startSite } from './site.ts';

const { endpoint, realtimeEndpoint, apiKey } = outputs;
const facadeOptions = { endpoint, realtimeEndpoint, apiKey };
const order = example('order');
const BYTES = 6_000_000;

/** Tests that the client works on a page as it does in Node. */
export function testClientOnPage(executablePath: string): void {
  let browser: Browser;
  let site: Site;
  /** Through the reverse proxy of the site. */
  let proxied: typeof facadeOptions & { host: string };
  let page: Page;
  const pageErrors: Error[] = [];

  beforeAll(async () => {
    site = await startSite(endpoint);
    const graphqlUrl = `${site.origin}/graphql`;
    const host = new URL(endpoint).host;
    proxied = { endpoint: graphqlUrl, realtimeEndpoint: `${graphqlUrl}/realtime`, host, apiKey };
    browser = await launchChromium(executablePath);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    page = await browser.newPage({ baseURL: site.origin });
    page.on('pageerror', (error) => pageErrors.push(error));
    await page.goto('/');
    return async () => {
      await page.close();
      expect(pageErrors.splice(0)).toEqual([]);
    };
  });

  it('runs a process, with its steps by the WebSocket', async () => {
    const sockets: string[] = [];
    page.on('websocket', (socket) => sockets.push(socket.url()));
    const { seen, output } = await page.evaluate(
      async ([options, input]) => {
        const client = facade.createProcessClient(options);
        const seen: string[] = [];
        const output = await client.run('order', input, {
          via: 'subscription',
          onUpdate(update) {
            seen.push(update.kind === 'step' ? update.step.step : update.state.status);
          },
        });
        client.dispose();
        return { seen, output };
      },
      [facadeOptions, order] as const,
    );
    expect(output).toMatchObject({ orderId: 'A-1001' });
    expect(seen).toContain('ValidateOrder');
    expect(seen.at(-1)).toBe('SUCCEEDED');
    expect(sockets).toHaveLength(1);
  });

  it('runs a process by polling alone', async () => {
    const output = await page.evaluate(
      async ([options, input]) => facade.createProcessClient(options).run('order', input, { via: 'polling' }),
      [facadeOptions, order] as const,
    );
    expect(output).toMatchObject({ orderId: 'A-1001' });
  });

  it('gets the error of a process that failed, with its class', async () => {
    const failure = await page.evaluate(
      async ([options, input]) => {
        const client = facade.createProcessClient(options);
        const error = await client.run('order', input).catch((reason: unknown) => reason);
        return error instanceof facade.ProcessFailedError && { error: error.error, cause: error.cause };
      },
      [facadeOptions, example('order-declined')] as const,
    );
    expect(failure).toEqual({
      error: 'PaymentDeclined',
      cause: 'The card was declined; the stock was released',
    });
  });

  it('reads a document of 6 MB by its presigned URL', async () => {
    const read = await page.evaluate(
      async ([options, bytes]) => {
        const client = facade.createProcessClient(options);
        const processId = facade.createProcessId();
        const output = await client.run<{ filling: string }>('trial', { bytes }, { processId });
        const [step] = (await client.data(processId, { steps: ['Act'] })).steps;
        return { bytes: output?.filling.length, inStep: step?.bytes, url: step?.url };
      },
      [facadeOptions, BYTES] as const,
    );
    expect(read.bytes).toBe(BYTES);
    expect(read.inStep).toBeGreaterThan(BYTES);
    expect(read.url).toContain('X-Amz-Signature=');
  });

  it('watches a process that another client started', async () => {
    const processId = createProcessId();
    const statuses = await page.evaluate(
      async ([options, input, id]) => {
        const client = facade.createProcessClient(options);
        await client.start('order', input, { processId: id });
        const statuses: string[] = [];
        for await (const update of facade.createProcessClient(options).watch(id)) {
          if (update.kind === 'state') statuses.push(update.state.status);
        }
        return statuses;
      },
      [facadeOptions, order, processId] as const,
    );
    expect(statuses.at(-1)).toBe('SUCCEEDED');
  });

  it('takes up a process after a reload', async () => {
    const processId = createProcessId();
    await page.evaluate(
      ([options, id]) => facade.createProcessClient(options).start('pause', {}, { processId: id }),
      [facadeOptions, processId] as const,
    );
    await page.reload();
    const state = await page.evaluate(([options, id]) => facade.createProcessClient(options).wait(id), [
      facadeOptions,
      processId,
    ] as const);
    expect(state.status).toBe('SUCCEEDED');
  });

  it('reconnects behind a reverse proxy when its socket is cut', async () => {
    const processId = createProcessId();
    await page.evaluate(
      async ([options, id]) => {
        const client = facade.createProcessClient(options);
        const states: string[] = [];
        client.connection.subscribe((state) => states.push(state));
        const ended = client.run('pause', {}, { processId: id, via: 'subscription' });
        Object.assign(globalThis, { ended, states });
      },
      [proxied, processId] as const,
    );
    await page.waitForFunction("states.at(-1) === 'connected'");
    site.cutSockets();
    await page.waitForFunction("states.includes('disconnected') && states.at(-1) === 'connected'");
    expect(await page.evaluate('ended')).toMatchObject({ before: expect.any(String) });
  });

  it('works on a page without crypto.randomUUID, behind the reverse proxy of a site without TLS', async () => {
    // A loopback address is a secure context even without TLS; a page on a host name is not.
    const origin = `http://${SITE_NAMES.shop}:${site.port}`;
    await page.goto(origin);
    expect(await page.evaluate('[isSecureContext, typeof crypto.randomUUID]')).toEqual([false, 'undefined']);
    const output = await page.evaluate(
      async ([options, input]) => facade.createProcessClient(options).run('order', input),
      [{ endpoint: `${origin}/graphql`, host: proxied.host, apiKey }, order] as const,
    );
    expect(output).toMatchObject({ orderId: 'A-1001' });
    expect(site.proxied).toContain('/graphql/realtime');
  });

  it('ends a wait by its AbortSignal, with the signal’s reason', async () => {
    const processId = createProcessId();
    const reason = await page.evaluate(
      async ([options, id]) => {
        const client = facade.createProcessClient(options);
        await client.start('pause', {}, { processId: id });
        const controller = new AbortController();
        const ended = client.wait(id, { signal: controller.signal });
        controller.abort(new Error('The customer left.'));
        return ended.catch((error: Error) => error.message);
      },
      [facadeOptions, processId] as const,
    );
    expect(reason).toBe('The customer left.');
  });
}
