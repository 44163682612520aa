import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { createFaultInjector } from './fault-injector.ts';
import { seedFor } from './serve-for-test.ts';

describe('a fault injector', () => {
  it('with nothing on returns its arguments', () => {
    const injector = createFaultInjector({ seed: 1, failS3: 0 });
    const [emit, service, upgrade] = [() => {}, async () => {}, () => {}];
    const invoke = async () => ({ ok: true as const, payload: null });
    expect(injector.emit(emit)).toBe(emit);
    expect(injector.upgrade(upgrade)).toBe(upgrade);
    expect(injector.invoke(invoke)).toBe(invoke);
    for (const name of ['s3', 'states', 'graphql'] as const)
      expect(injector.service(name, service)).toBe(service);
  });

  it('with kill on kills its process where a fault might be injected', async () => {
    // An event takes three decisions: whether it is lost, late, or doubled.
    const faults = seedFor('kill', [false, false, false, true]);
    const script = `
      import { createFaultInjector } from '${new URL('fault-injector.ts', import.meta.url)}';
      const emit = createFaultInjector(${JSON.stringify(faults)}).emit(() => console.log('passed'));
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
