import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createProcessId } from './process-id.ts';
import { startTestServer, testState } from './test-server.ts';

/** Runs a script in a Node of its own, with the server's address and a process's id. */
async function runScript(script: string): Promise<{ code: number; output: string }> {
  await using server = await startTestServer();
  const processId = createProcessId();
  server.record(testState(processId));
  server.intercept = ({ field }, count) => {
    if (field === 'processState' && count > 1)
      server.record(testState(processId, { status: 'SUCCEEDED', version: 2 }));
    return undefined;
  };
  const client = new URL('./index.ts', import.meta.url).href;
  const source = `
    import { createProcessClient } from ${JSON.stringify(client)};
    const client = createProcessClient({ endpoint: ${JSON.stringify(server.endpoint)}, apiKey: 'key' });
    const processId = ${JSON.stringify(processId)};
    ${script}`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', source]);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const [code] = await once(child, 'close');
  return { code, output };
}

describe('a Node program', () => {
  it('exits by itself after its last wait', async () => {
    const { code, output } = await runScript(`console.log((await client.wait(processId)).status);`);
    expect(output).toBe('SUCCEEDED\n');
    expect(code).toBe(0);
  });

  it('exits after dispose, also while it waits', async () => {
    const { code, output } = await runScript(`
      const ended = client.wait(processId).catch((error) => console.log(error.name));
      client.connection.subscribe((state) => state === 'connected' && client.dispose());
      await ended;`);
    expect(output).toBe('ClientDisposedError\n');
    expect(code).toBe(0);
  });

  it('does nothing by importing and creating alone', async () => {
    const { code, output } = await runScript('console.log(client.connection.state);');
    expect(output).toBe('idle\n');
    expect(code).toBe(0);
  });
});
