/**
 * What users report about AppSync subscriptions (docs/complaints.md), and what this client does
 * about it.
 */
import { describe, expect, it } from 'vitest';
import { createProcessId } from './process-id.ts';
import { testState, until } from './test-server.ts';
import { collect, observe, startTestSetup } from './test-setup.ts';

const id = createProcessId();
const running = testState(id);
const succeeded = testState(id, { status: 'SUCCEEDED', version: 2, stepsDone: 6 });
/** The longest pause before the first attempt to reconnect. */
const FIRST_PAUSE_MS = 6_000;

describe('a connection that is lost', () => {
  it('reconnects by itself and delivers the process', async () => {
    await using setup = await startTestSetup();
    const { client, clock, server } = setup;
    server.record(running);
    const ended = client.wait(id);
    await until(() => server.subscriptions().length === 1);

    server.cut();
    await until(() => client.connection.state === 'disconnected');
    clock.advance(FIRST_PAUSE_MS);
    await until(() => server.subscriptions().length === 1);
    server.push(succeeded);

    expect((await ended).status).toBe('SUCCEEDED');
  });

  it('reconnects after the first pause each time, if it was open for some seconds in between', async () => {
    await using setup = await startTestSetup();
    const { client, clock, server } = setup;
    server.record(running);
    const ended = client.wait(id);
    for (let cut = 1; cut <= 8; cut++) {
      await until(() => server.subscriptions().length === 1 && client.connection.state === 'connected');
      clock.advance(FIRST_PAUSE_MS);
      server.cut();
      await until(() => client.connection.state === 'disconnected');
      clock.advance(FIRST_PAUSE_MS);
    }
    await until(() => server.subscriptions().length === 1);
    server.push(succeeded);
    expect((await ended).status).toBe('SUCCEEDED');
  });

  it('backs off when it keeps dropping right after it opens', async () => {
    await using setup = await startTestSetup();
    const { client, clock, server } = setup;
    server.record(running);
    const ended = expect(client.wait(id)).rejects.toMatchObject({ name: 'ClientDisposedError' });
    const began = clock.now();
    for (let cut = 1; cut <= 10; cut++) {
      await until(() => server.subscriptions().length === 1 && client.connection.state === 'connected');
      server.cut();
      await until(() => client.connection.state === 'disconnected');
      while (client.connection.state === 'disconnected') clock.advance(100);
    }
    // Each pause is random: that ten of them which grow to 30 s take less than 10 s together
    // happens once in millions of times.
    expect(clock.now() - began).toBeGreaterThan(10_000);
    client.dispose();
    await ended;
  });

  it('is detected 85 s after the last frame, even if the server allows longer', async () => {
    await using setup = await startTestSetup();
    const { client, clock, server } = setup;
    server.record(running);
    const ended = client.wait(id, { via: 'subscription' });
    await setup.subscribed(1);
    await setup.keepAlive();

    server.deaf = true;
    clock.advance(84_999);
    expect(client.connection.state).toBe('connected');
    clock.advance(1);
    expect(client.connection.state).toBe('disconnected');

    server.deaf = false;
    clock.advance(FIRST_PAUSE_MS);
    await setup.subscribed(2);
    expect(server.connects).toHaveLength(2);
    server.push(succeeded);
    await ended;
  });

  it('is detected after 10 s when a start of another process gets no response', async () => {
    await using setup = await startTestSetup();
    const { client, clock, server } = setup;
    server.record(running);
    const ended = client.wait(id, { via: 'subscription' });
    await setup.subscribed(1);

    // The network has changed without notice to either end.
    server.rejectStart = () => 'silent';
    const other = createProcessId();
    server.record(testState(other));
    const disposed = expect(client.wait(other)).rejects.toMatchObject({ name: 'ClientDisposedError' });
    await until(() => server.starts() === 2);
    clock.advance(10_000);
    expect(client.connection.state).toBe('disconnected');
    server.rejectStart = undefined;
    clock.advance(FIRST_PAUSE_MS);
    await until(() => server.subscriptions().length === 2);
    server.push(succeeded);
    expect((await ended).status).toBe('SUCCEEDED');
    client.dispose();
    await disposed;
  });

  it('causes no traffic while keep-alives come each minute', async () => {
    await using setup = await startTestSetup();
    const { client, clock, server } = setup;
    server.record(running);
    const ended = client.wait(id, { via: 'subscription' });
    await setup.subscribed(1);
    const sent = server.frames.length;
    for (let minute = 1; minute <= 10; minute++) {
      clock.advance(60_000);
      await setup.keepAlive();
    }
    expect(server.frames).toHaveLength(sent);
    expect(server.connects).toHaveLength(1);
    server.push(succeeded);
    await ended;
  });

  it('gets a request when keep-alives are late, and is kept when it responds', async () => {
    await using setup = await startTestSetup();
    const { client, clock, server } = setup;
    server.record(running);
    const ended = client.wait(id, { via: 'subscription' });
    for (let question = 1; question <= 3; question++) {
      await setup.subscribed(question);
      clock.advance(75_000);
    }
    await setup.subscribed(4);
    expect(client.connection.state).toBe('connected');
    expect(server.connects).toHaveLength(1);
    expect(server.subscriptions()).toHaveLength(1);
    server.push(succeeded);
    await ended;
  });

  it('is replaced when the network returns or the page is visible again after a long silence', async () => {
    const page = new EventTarget();
    let listeners = 0;
    const before = {
      add: globalThis.addEventListener,
      remove: globalThis.removeEventListener,
      document: globalThis.document,
    };
    const document = Object.assign(new EventTarget(), { visibilityState: 'hidden' });
    Object.assign(globalThis, {
      addEventListener(...listener: Parameters<EventTarget['addEventListener']>) {
        listeners += 1;
        page.addEventListener(...listener);
      },
      removeEventListener(...listener: Parameters<EventTarget['removeEventListener']>) {
        listeners -= 1;
        page.removeEventListener(...listener);
      },
      document,
    });
    try {
      await using setup = await startTestSetup();
      const { client, clock, server } = setup;
      server.record(running);
      const ended = client.wait(id);
      await setup.subscribed(1);

      document.visibilityState = 'visible';
      document.dispatchEvent(new Event('visibilitychange'));
      expect(client.connection.state).toBe('connected');

      clock.advance(66_000);
      document.dispatchEvent(new Event('visibilitychange'));
      expect(client.connection.state).toBe('connecting');
      await until(() => client.connection.state === 'connected');

      page.dispatchEvent(new Event('online'));
      expect(client.connection.state).toBe('connecting');
      await until(() => server.starts() === 3);

      server.push(succeeded);
      await ended;
      expect(listeners).toBe(1);
      clock.advance(1_000);
      expect(client.connection.state).toBe('idle');
      expect(listeners).toBe(0);
    } finally {
      Object.assign(globalThis, {
        addEventListener: before.add,
        removeEventListener: before.remove,
        document: before.document,
      });
    }
  });

  it('is not torn down when one process ends and another begins immediately', async () => {
    await using setup = await startTestSetup();
    const { client, clock, server } = setup;
    const other = createProcessId();
    server.record(running);
    server.record(testState(other));
    const first = client.wait(id);
    await until(() => server.subscriptions().length === 1);
    server.push(succeeded);
    await first;

    clock.advance(999);
    const second = client.wait(other);
    await until(() => server.subscriptions().some(({ processId }) => processId === other));
    clock.advance(1_000);
    server.push({ ...succeeded, processId: other });
    await second;

    expect(server.connects).toHaveLength(1);
  });

  it('fetches what it missed as soon as it is back, because nothing is sent again', async () => {
    await using setup = await startTestSetup();
    const { responded, client, clock, server } = setup;
    server.record(running);
    const ended = client.wait(id, { via: 'subscription' });
    await responded(2);

    server.cut();
    await until(() => client.connection.state === 'disconnected');
    while (client.connection.state === 'disconnected') clock.advance(100);
    // From here on the clock does not advance: only the fetch after the acknowledgement can bring
    // this.
    server.record(succeeded);

    expect((await ended).version).toBe(2);
  });

  it('is replaced by polling in the meantime', async () => {
    await using setup = await startTestSetup();
    const { responded, client, clock, server } = setup;
    server.record(running);
    const ended = client.wait(id);
    await responded(2);

    server.acceptUpgrades = false;
    server.cut();
    await until(() => client.connection.state === 'disconnected');
    server.record(succeeded);
    clock.advance(1_200);

    expect((await ended).version).toBe(2);
  });
});

describe('an application that returns to the foreground', () => {
  it('fetches the state and reconnects immediately when it calls reconnect', async () => {
    await using setup = await startTestSetup();
    const { client, server } = setup;
    server.record(running);
    const { list, done } = collect(client.watch(id));
    await until(() => server.subscriptions().length === 2 && list.length === 1);

    // The clock does not advance: only the call can bring this.
    server.record({ ...running, stepsDone: 3 });
    client.reconnect();
    await until(() => list.length === 2);
    await until(() => server.starts() === 4);

    server.push(succeeded);
    await done;
  });

  it('opens no socket by reconnect when nothing is followed', async () => {
    await using setup = await startTestSetup();
    setup.client.reconnect();
    expect(setup.client.connection.state).toBe('idle');
  });
});

describe('a credential that expires', () => {
  it('is requested again at the reconnect and at every start of a subscription', async () => {
    let token = 'first';
    await using setup = await startTestSetup({ token: () => token });
    const { client, clock, server } = setup;
    server.credentials = new Set(['first']);
    server.record(running);
    const ended = client.wait(id);
    await until(() => server.subscriptions().length === 1);

    token = 'second';
    server.credentials = new Set(['second']);
    server.cut();
    await until(() => client.connection.state === 'disconnected');
    clock.advance(FIRST_PAUSE_MS);
    await until(() => server.subscriptions().length === 1);
    server.push(succeeded);

    expect((await ended).status).toBe('SUCCEEDED');
    expect(server.connects).toEqual(['first', 'second']);
  });

  it('is requested again when the server rejects it, and the client never shows as connected', async () => {
    let token = 'expired';
    await using setup = await startTestSetup({ token: () => token });
    const { client, clock, server } = setup;
    server.credentials = new Set(['fresh']);
    server.record(running);
    server.intercept = ({ credential }) =>
      credential === 'expired' ? { body: { data: { processState: running } } } : undefined;
    const states: string[] = [];
    client.connection.subscribe((state) => states.push(state));
    const ended = client.wait(id);
    await until(() => client.connection.state === 'disconnected');
    expect(states).toEqual(['connecting', 'disconnected']);

    token = 'fresh';
    clock.advance(FIRST_PAUSE_MS);
    await until(() => server.subscriptions().length === 1);
    expect(client.connection.state).toBe('connected');
    server.push(succeeded);
    await ended;
  });

  it('is requested once more by a subscription that was rejected because of it', async () => {
    await using setup = await startTestSetup();
    const { client, clock, server, subscribed } = setup;
    const errors = [{ errorType: 'UnauthorizedException', message: 'Permission denied' }];
    let rejections = 0;
    server.rejectStart = () => {
      rejections += 1;
      return rejections === 1 ? { type: 'error', payload: { errors } } : undefined;
    };
    server.record(running);
    const ended = client.wait(id);
    await subscribed(1);
    clock.advance(1_000);
    await until(() => server.subscriptions().length === 1);
    server.push(succeeded);
    await ended;
  });

  it('does not end a wait while the credential function fails', async () => {
    let offline = true;
    await using setup = await startTestSetup({
      token: () => {
        if (offline) throw new Error('no network');
        return 'key';
      },
    });
    const { client, clock, server } = setup;
    server.record(succeeded);
    const ended = observe(client.wait(id));
    await until(() => client.connection.state === 'disconnected' && clock.delaysMs().length === 2);
    expect(ended.settled).toBe(false);

    offline = false;
    clock.advance(1_200);
    await until(() => ended.settled);
    expect(ended.value?.status).toBe('SUCCEEDED');
  });
});

describe('without working WebSockets', () => {
  it('the result is the same by polling alone, while the socket is retried', async () => {
    await using setup = await startTestSetup();
    const { responded, client, clock, server } = setup;
    server.acceptUpgrades = false;
    server.documents.set(id, { input: {}, steps: { Confirm: 'done' }, output: 'Confirm' });
    const output = client.run('order', {}, { processId: id });
    await responded(2);
    server.record(succeeded);
    clock.advance(FIRST_PAUSE_MS);

    expect(await output).toBe('done');
    expect(server.connects.length).toBeGreaterThan(1);
  });

  it('the result is the same on a platform that has none', async () => {
    const { WebSocket } = globalThis;
    Object.assign(globalThis, { WebSocket: undefined });
    try {
      await using setup = await startTestSetup();
      const { responded, client, clock, server } = setup;
      server.record(running);
      const ended = client.wait(id, { via: 'subscription' });
      await responded(1);
      server.record(succeeded);
      clock.advance(2_400);
      expect((await ended).version).toBe(2);
      expect(server.connects).toEqual([]);
    } finally {
      Object.assign(globalThis, { WebSocket });
    }
  });

  it('polling opens no socket, and polls after 1 s and then less and less often', async () => {
    await using setup = await startTestSetup({ via: 'polling' });
    const { responded, client, clock, server } = setup;
    server.record(running);
    const ended = client.wait(id);
    for (const [index, pauseMs] of [
      1_000, 1_500, 2_250, 3_375, 5_062.5, 7_593.75, 10_000, 10_000,
    ].entries()) {
      await responded(1 + index);
      clock.advance(pauseMs * 0.8 - 1);
      expect(clock.delaysMs()).toHaveLength(1);
      clock.advance(pauseMs * 0.4 + 1);
    }
    server.record(succeeded);
    await responded(9);
    clock.advance(12_000);
    await ended;
    expect(server.connects).toEqual([]);
  });
});
