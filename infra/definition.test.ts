import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readDefinition } from './definition.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'definition-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it.each(['toString', 'constructor', 'hasOwnProperty'])(
  'a step may be called %s, and starts nothing',
  (step) => {
    const Parameters = { 'state.$': '$', 'attempt.$': '$$.State.RetryCount' };
    const task = { Type: 'Task', Resource: `\${${step}}`, Parameters, End: true };
    const machine = { StartAt: step, States: { [step]: task } };
    writeFileSync(join(folder, 'machine.asl.json'), JSON.stringify(machine));
    writeFileSync(join(folder, 'input.schema.json'), '{}');
    writeFileSync(join(folder, `${step}.ts`), '');
    const { steps } = readDefinition('named', { folder, outputStep: step, starts: {} });
    expect(steps).toMatchObject([{ name: step, loops: false, starts: [] }]);
  },
);
