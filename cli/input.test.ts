import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readInput } from './input.ts';

const folder = mkdtempSync(join(tmpdir(), 'input-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('a file is read as JSON, with or without a byte order mark', async () => {
  for (const mark of ['', '\uFEFF']) {
    const file = join(folder, 'input.json');
    writeFileSync(file, `${mark}{"street":"Straße"}\n`);
    expect(await readInput(file)).toEqual({ street: 'Straße' });
  }
});
