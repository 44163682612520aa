import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createProcessClient, createProcessId } from '../client/index.ts';
import { keepRuntime } from './chaos/runtime.ts';
import { example, newClient } from './facade.ts';

const client = newClient();
const folder = mkdtempSync(join(tmpdir(), 'facade-memory-'));
afterAll(() => {
  client.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** Returns how the process of the step ended, and how often the step was tried. */
async function fill(megabytes: number, inside: 'document' | 'heap' | 'buffers') {
  const processId = createProcessId();
  await client.run('memory', { megabytes, inside }, { processId }).catch(() => undefined);
  const [state, history] = await Promise.all([client.get(processId), client.history(processId)]);
  const attempts = history.items.filter(({ type }) => type === 'LambdaFunctionScheduled').length;
  return { ...state, attempts };
}

describe('a step', () => {
  it.each([300, 400, 1000])(
    'that returns a document of %d MB fails by name, and says what to do',
    async (megabytes) => {
      const { status, error, cause, attempts } = await fill(megabytes, 'document');
      expect({ status, attempts }).toEqual({ status: 'FAILED', attempts: 2 });
      expect(error).toMatch(/^(DocumentTooLarge|Runtime\.ExitError|Runtime\.OutOfMemory)$/);
      expect(cause).toMatch(/[Ii]ncrease memorySize, or (store less per document|hold less data at once)$/);
      await expect(client.run('order', example('order'))).resolves.toMatchObject({ orderId: 'A-1001' });
    },
  );

  it.each([
    ['heap', /^Runtime\.(ExitError|OutOfMemory)$/],
    ['buffers', /^Runtime\.OutOfMemory$/],
  ] as const)(
    'that fills its %s fails with the error of Lambda, which Retry and Catch see',
    async (inside, name) => {
      const { status, error, cause, attempts } = await fill(1000, inside);
      expect({ status, attempts }).toEqual({ status: 'FAILED', attempts: 2 });
      expect(error).toMatch(name);
      expect(cause).toMatch(
        /Runtime exited with error: signal: \w+: the function probably ran out of memory\. Increase memorySize/,
      );
      await expect(client.run('order', example('order'))).resolves.toMatchObject({ orderId: 'A-1001' });
    },
  );

  it('that returns as much as its memory allows succeeds', async () => {
    expect(await fill(50, 'document')).toMatchObject({ status: 'SUCCEEDED', attempts: 1 });
  });
});

describe('a runtime that is killed while a step takes all memory', () => {
  it('continues after its next start: only the step fails again', async () => {
    const runtime = await keepRuntime(folder, join(import.meta.dirname, 'app.ts'));
    try {
      using own = createProcessClient(runtime.outputs);
      const processId = createProcessId();
      await own.start('memory', { megabytes: 1000, inside: 'heap' }, { processId });
      const isRunning = async () =>
        (await own.history(processId)).items.some(({ type }) => type === 'LambdaFunctionStarted');
      while (!(await isRunning()));
      await runtime.kill();
      await expect(own.wait(processId, { timeoutMs: 60_000 })).rejects.toMatchObject({
        state: { status: 'FAILED', error: expect.stringMatching(/^Runtime\.(ExitError|OutOfMemory)$/) },
      });
      await expect(own.run('order', example('order'))).resolves.toMatchObject({ orderId: 'A-1001' });
      expect(runtime.starts()).toBe(2);
    } finally {
      await runtime.stop();
    }
  }, 120_000);
});
