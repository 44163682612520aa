/**
 * One facade for all tests of the whole system: a local runtime with test/app.ts on a free port, or
 * a deployed stack, whose `outputs.json` the environment variable PROCESS_FACADE_OUTPUTS names. The
 * outputs for operators are beside it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { readOutputsFiles } from '../local/outputs-files.ts';
import { type Outputs, startLocal } from '../local/start-local.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    outputs: Outputs;
    /**
     * By which AWS's SDKs reach the facade's services; empty for a deployed stack, where the
     * surroundings have it.
     */
    operatorEnvironment: Record<string, string>;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const deployed = process.env.PROCESS_FACADE_OUTPUTS;
  if (deployed) {
    project.provide('outputs', readOutputsFiles(deployed));
    project.provide('operatorEnvironment', {});
    return async () => {};
  }
  const dataDir = mkdtempSync(join(tmpdir(), 'facade-test-'));
  const runtime = await startLocal({ app: join(import.meta.dirname, 'app.ts'), port: 0, dataDir });
  project.provide('outputs', runtime.outputs);
  project.provide('operatorEnvironment', runtime.operatorEnvironment);
  return async () => {
    await runtime.close();
    rmSync(dataDir, { recursive: true, force: true });
  };
}
