import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDefinition } from './definition.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'definition-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Reads a definition of one step. */
function read({ name = 'named', step = 'Only' }) {
  const task = { Type: 'Task', Resource: `\${${step}}`, End: true };
  const machine = { StartAt: step, States: { [step]: task } };
  writeFileSync(join(folder, 'machine.asl.json'), JSON.stringify(machine));
  writeFileSync(join(folder, 'input.schema.json'), '{}');
  writeFileSync(join(folder, `${step}.ts`), '');
  return readDefinition(name, { folder, outputStep: step, starts: {} }, new Stack());
}

describe('a definition', () => {
  it.each(['toString', 'constructor', 'hasOwnProperty', `S${'x'.repeat(79)}`])(
    'may have a step called %s, which starts nothing',
    (step) => {
      expect(read({ step }).steps).toMatchObject([{ name: step, starts: [] }]);
    },
  );

  it.each([`S${'x'.repeat(80)}`, 'input', 'bucket', '1st', 'É'])('with the step %s is rejected', (step) => {
    expect(() => read({ step })).toThrow(expect.objectContaining({ name: 'InvalidDefinition' }));
  });

  it('may have a name of 30 letters, digits and hyphens', () => {
    const name = `a-1${'x'.repeat(27)}`;
    expect(read({ name }).definition).toMatchObject({ name });
  });

  it.each(['', `a${'x'.repeat(30)}`, '1a', 'a_b', 'é', 'steps'])('with the name %s is rejected', (name) => {
    expect(() => read({ name })).toThrow(
      expect.objectContaining({ name: 'InvalidDefinition', definition: name }),
    );
  });
});
