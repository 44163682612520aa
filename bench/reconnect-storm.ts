/**
 * Thousands of clients are connected to a runtime that is killed and restarts after a minute.
 * Counts the connections that they try to open in each second, and the time until all are live.
 *
 * The connections are real. Fetches of the state, which every client also makes, get their response
 * from here: their cost on a local runtime says nothing about connections.
 */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createProcessClient, createProcessId, type ProcessClient } from '../client/index.ts';
import { testState } from '../client/test-server.ts';
import type { Outputs } from '../local/start-local.ts';
import type { Row } from './results.ts';
import { startServer } from './server.ts';

const APP = 'test/app.ts';
const CLIENTS = 2_000;
/** Clients that connect at the same time in the beginning. */
const AT_ONCE = 50;
/** How long the runtime stays away: long enough for the pauses to have grown to their limit. */
const AWAY_MS = 60_000;
/** The end of that time, in which the steady rate is measured. */
const STEADY_MS = 30_000;
const LIVE_WITHIN_MS = 60_000;

/** The clients' side of all connections. */
class Fleet {
  /** When each connection was tried. */
  readonly attemptsAt: number[] = [];
  /** Clients whose subscription is acknowledged. */
  live = 0;
  /** Times that a client had two sockets open or opening. */
  doubled = 0;
  readonly #clients: ProcessClient[] = [];

  async open(outputs: Outputs): Promise<void> {
    while (this.#clients.length < CLIENTS) {
      for (let count = 0; count < AT_ONCE; count++) this.#add(outputs);
      await this.allLive(this.#clients.length);
    }
  }

  /** Resolves when this many clients are live; rejects when that takes longer than it may. */
  async allLive(count = CLIENTS): Promise<void> {
    const deadline = performance.now() + LIVE_WITHIN_MS;
    while (this.live < count) {
      if (performance.now() > deadline) throw new Error(`Only ${this.live} of ${count} clients are live`);
      await delay(20);
    }
  }

  dispose(): void {
    for (const client of this.#clients) client.dispose();
  }

  #add({ endpoint, realtimeEndpoint, apiKey }: Outputs): void {
    const processId = createProcessId();
    const client = createProcessClient({
      ...{ endpoint, realtimeEndpoint, apiKey, webSocket: this.#countedWebSocket() },
      fetch: async () => Response.json({ data: { processState: testState(processId) } }),
    });
    client.wait(processId).catch(() => undefined);
    this.#clients.push(client);
  }

  /** A WebSocket class for one client. */
  #countedWebSocket(): typeof WebSocket {
    const fleet = this;
    const sockets = new Set<WebSocket>();
    return class extends WebSocket {
      constructor(...parameters: ConstructorParameters<typeof WebSocket>) {
        super(...parameters);
        fleet.attemptsAt.push(performance.now());
        for (const { readyState } of sockets) {
          if (readyState === WebSocket.CONNECTING || readyState === WebSocket.OPEN) fleet.doubled++;
        }
        sockets.add(this);
        let live = false;
        this.addEventListener('message', ({ data }) => {
          if (live || !String(data).includes('"start_ack"')) return;
          live = true;
          fleet.live++;
        });
        this.addEventListener('close', () => {
          sockets.delete(this);
          if (live) fleet.live--;
        });
      }
    };
  }
}

/**
 * The peak must not be more than twice the steady rate, and all clients must be live within a
 * minute.
 */
export async function measureReconnectStorm(folder: string): Promise<Row[]> {
  const dataDir = mkdtempSync(join(folder, 'data-'));
  let server = await startServer(APP, folder, { dataDir });
  const port = Number(new URL(server.outputs.endpoint).port);
  const fleet = new Fleet();
  try {
    await fleet.open(server.outputs);
    const cutAt = performance.now();
    await server.kill();
    await delay(AWAY_MS);
    const steady = rate(fleet.attemptsAt, performance.now() - STEADY_MS, performance.now());
    server = await startServer(APP, folder, { dataDir, port });
    const backAt = performance.now();
    await fleet.allLive();
    const liveMs = performance.now() - backAt;
    const perSecond = countPerSecond(fleet.attemptsAt, cutAt);
    const peak = Math.max(...perSecond);
    return [
      {
        what: `${CLIENTS} clients cut off: connection attempts per second, most / steady`,
        value: `${peak} / ${steady.toFixed(0)} (${(peak / steady).toFixed(1)} times)`,
      },
      {
        what: 'attempts in each second from the cut, while the runtime was away and after',
        value: perSecond.join(' '),
      },
      {
        what: 'from the ready line to the last client being live',
        value: `${(liveMs / 1_000).toFixed(1)} s`,
      },
      { what: 'times that a client had two sockets', value: String(fleet.doubled) },
    ];
  } finally {
    fleet.dispose();
    await server.stop();
  }
}

function rate(attemptsAt: readonly number[], from: number, to: number): number {
  return (attemptsAt.filter((at) => at >= from && at < to).length * 1_000) / (to - from);
}

function countPerSecond(attemptsAt: readonly number[], from: number): number[] {
  const counts: number[] = [];
  for (const at of attemptsAt) {
    if (at < from) continue;
    const second = Math.floor((at - from) / 1_000);
    while (counts.length <= second) counts.push(0);
    counts[second] = (counts[second] ?? 0) + 1;
  }
  return counts;
}
