import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSequence } from './sequence.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sequence-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('each is greater than all before, also than those of earlier starts', () => {
  const all: string[] = [];
  for (let start = 0; start < 20; start += 1) {
    const next = createSequence(folder);
    for (let i = 0; i < 20; i += 1) all.push(next());
  }
  expect(all).toEqual(all.toSorted());
  expect(new Set(all).size).toBe(400);
  for (const one of all) expect(one).toMatch(/^[0-9A-F]{18}$/);
});

test('a folder whose file was tampered with is rejected, and the file is named', () => {
  writeFileSync(join(folder, 'starts'), 'many');
  expect(() => createSequence(folder)).toThrow(/starts\].*'many'/);
});
