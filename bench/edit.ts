/** From the edit of a file to the line of `dev` that it is served: 20 edits of each kind. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../test/kit/until.ts';
import { percentile } from './percentile.ts';
import type { Row } from './results.ts';

const ROOT = join(import.meta.dirname, '..');
const EDITS = 20;

/** The contents of each file of a small app, different for each number. */
const FILES: ReadonlyMap<string, (number: number) => string> = new Map([
  [
    'steps/Greet.ts',
    (number) => `import { step } from '${ROOT}/core/step/step.ts';
export const handler = step({ reads: {}, run: () => ({ output: { number: ${number} } }) });
`,
  ],
  [
    'steps/machine.asl.json',
    (number) =>
      JSON.stringify({
        Comment: `Greets ${number}`,
        StartAt: 'Greet',
        States: { Greet: { Type: 'Task', Resource: `\${Greet}`, End: true } },
      }),
  ],
  ['steps/input.schema.json', (number) => JSON.stringify({ maxProperties: number })],
  [
    'app.ts',
    (number) => `import { App, Stack } from '${ROOT}/node_modules/aws-cdk-lib/index.js';
import { ProcessFacade } from '${ROOT}/infra/process-facade.ts';
const stack = new Stack(new App(), 'Edited', { description: 'Version ${number}' });
new ProcessFacade(stack, 'Facade', { definitions: { greet: { folder: 'steps', outputStep: 'Greet' } } });
`,
  ],
]);

/** Serves the app in a folder of its own, and edits its files one after the other. */
export async function measureEdits(folder: string): Promise<Row[]> {
  const project = mkdtempSync(join(folder, 'edited-'));
  mkdirSync(join(project, 'steps'));
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
  const edit = (file: string, number: number) =>
    writeFileSync(join(project, file), FILES.get(file)?.(number) ?? '');
  for (const file of FILES.keys()) edit(file, 1);
  const command = [join(ROOT, 'cli/process-facade.ts'), 'dev', '--app', 'app.ts', '--port', '0'];
  const dev = spawn(process.execPath, command, { cwd: project, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [dev.stdout, dev.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  const prints = (text: string) =>
    until(() => {
      if (dev.exitCode !== null) throw new Error(`dev has ended: ${printed}`);
      return printed.includes(text);
    });
  await prints('The facade is ready.');
  const rows: Row[] = [];
  for (const file of FILES.keys()) {
    const times: number[] = [];
    for (let number = 2; number < EDITS + 2; number++) {
      printed = '';
      const startMs = performance.now();
      edit(file, number);
      await prints(`Served again after a change of ${file}`);
      times.push(performance.now() - startMs);
    }
    const [p50, p95] = [50, 95].map((share) => `${(percentile(times, share) / 1_000).toFixed(1)} s`);
    rows.push({
      what: `an edit of ${file} until it is served, p50 / p95 of ${EDITS}`,
      value: `${p50} / ${p95}`,
    });
  }
  dev.kill();
  return rows;
}
