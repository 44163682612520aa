import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { toShellWords } from './arguments.ts';

it('a shell parses the quoted words back', () => {
  const word = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), (words) => {
      const script = `printf '%s\\0' ${toShellWords(words)}`;
      expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(`${words.join('\0')}\0`);
    }),
    { numRuns: 50 },
  );
});

it('words that no shell changes are not quoted', () => {
  expect(toShellWords(['npm', 'run', 'process', '--', '/tmp/my outputs.json', 'a_b.json'])).toBe(
    "npm run process -- '/tmp/my outputs.json' a_b.json",
  );
});
