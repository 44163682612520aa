import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readInput } from './input.ts';

const folder = mkdtempSync(join(tmpdir(), 'input-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = join(folder, 'input.json');
function read(text: string | Uint8Array): Promise<unknown> {
  writeFileSync(file, text);
  return readInput(file);
}

describe('an input file', () => {
  it.each(['', '\uFEFF'])('is read as JSON, with or without a byte order mark (%j)', async (mark) => {
    expect(await read(`${mark}{"street":"Straße"}\n`)).toEqual({ street: 'Straße' });
  });

  it('with a number that would change is rejected with its place', async () => {
    await expect(read('{\n  "order": { "id": 9007199254740993 }\n}')).rejects.toThrow(
      `The input from ${file} cannot be sent unchanged: line 2, column 20: /order/id is an integer beyond`,
    );
  });

  it('with a duplicate key is rejected with its place', async () => {
    await expect(read('{"a": 1,\n "a": 2}')).rejects.toThrow('line 2, column 2: /a is a duplicate key');
  });

  it('with many problems lists ten of them', async () => {
    await expect(read(`[${Array(25).fill('1e400')}]`)).rejects.toThrow(/\/9 is too large.*; and 15 more$/);
  });

  it('that nests too deeply is rejected', async () => {
    await expect(read('['.repeat(500_000) + ']'.repeat(500_000))).rejects.toThrow(
      'it nests deeper than 200 levels',
    );
  });

  it('that is not UTF-8 is rejected instead of being read with replacement characters', async () => {
    await expect(read(Buffer.from('{"street":"Straße"}', 'latin1'))).rejects.toThrow('is not valid JSON');
  });
});
