import { expect, it } from 'vitest';
import { backoffMs, RECONNECT } from './backoff.ts';

const CLIENTS = 20_000;
const AWAY_SECONDS = 120;

it('clients that are disconnected together never try twice as often as in the long term', () => {
  const attempts = new Array<number>(AWAY_SECONDS).fill(0);
  for (let client = 0; client < CLIENTS; client++) {
    let atMs = 0;
    for (let failures = 0; atMs < AWAY_SECONDS * 1_000; failures++) {
      atMs += backoffMs(failures, RECONNECT);
      const second = Math.floor(atMs / 1_000);
      if (second < AWAY_SECONDS) attempts[second] = (attempts[second] ?? 0) + 1;
    }
  }
  const inTheLongRun = attempts.slice(AWAY_SECONDS / 2);
  const steady = inTheLongRun.reduce((sum, count) => sum + count) / inTheLongRun.length;
  expect(Math.max(...attempts) / steady).toBeLessThan(2);
});
