import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { createFaults } from './faults.ts';
import { seedFor } from './serve-for-test.ts';

describe('a dial', () => {
  it('of which nothing is on gives back what is put through it', () => {
    const dial = createFaults({ seed: 1, failS3: 0 });
    const [emit, service, upgrade] = [() => {}, async () => {}, () => {}];
    const invoke = async () => ({ ok: true as const, payload: null });
    expect(dial.emit(emit)).toBe(emit);
    expect(dial.upgrade(upgrade)).toBe(upgrade);
    expect(dial.invoke(invoke)).toBe(invoke);
    for (const name of ['s3', 'states', 'graphql'] as const)
      expect(dial.service(name, service)).toBe(service);
  });

  it('of which kill is on kills its process at a place where a fault might strike', async () => {
    // An event is three questions: whether it is lost, late, or comes twice.
    const faults = seedFor('kill', [false, false, false, true]);
    const script = `
      import { createFaults } from '${new URL('faults.ts', import.meta.url)}';
      const emit = createFaults(${JSON.stringify(faults)}).emit(() => console.log('passed'));
      const event = { source: 'test', 'detail-type': 'Test', resources: [], detail: {} };
      for (let time = 0; time < 9; time++) emit(event);
    `;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'close');
    expect(await text(child.stdout)).toBe('passed\n');
    expect(await ended).toEqual([null, 'SIGKILL']);
  });
});
