import { describe, expect, it } from 'vitest';
import { proseProblems } from './prose.ts';

const problemsOf = (text: string, file = 'core/a.ts') =>
  proseProblems(file, text).map(({ line, problem }) => `${line}: ${problem}`);

describe('the prose check', () => {
  it('reports a banned word with its line and a replacement', () => {
    expect(problemsOf('const a = 1;\n// The file is mended.')).toEqual([
      '2: "mended": write restored, repaired',
    ]);
  });

  it.each(['// This is no error.', "throw new Error('is no object')", '/** Is told. */'])(
    'rejects %s',
    (text) => {
      expect(problemsOf(text)).toHaveLength(1);
    },
  );

  it.each([
    '// There is no error.',
    '// It is no longer there.',
    '// `loseAnswer` and `answer` are code.',
    '// M stands for mega.',
    'const isAnswered = true;',
  ])('accepts %s', (text) => {
    expect(problemsOf(text)).toEqual([]);
  });

  it('limits comments to 100 columns, except URLs and examples', () => {
    const long = 'x'.repeat(100);
    expect(problemsOf(`// ${long}`)).toHaveLength(1);
    expect(problemsOf(`const a = '${long}';`)).toEqual([]);
    expect(problemsOf(`// https://${long}`)).toEqual([]);
    expect(problemsOf(`/**\n * @example\n * ${long}\n */\n// ${long}`)).toEqual([
      '5: The comment has 103 columns, at most 100 are allowed',
    ]);
  });

  it('limits lines of Markdown to 120 columns, except tables and code', () => {
    const long = 'x'.repeat(121);
    expect(problemsOf(long, 'README.md')).toHaveLength(1);
    expect(problemsOf(`| ${long} |\n\`\`\`ts\n${long} // told\n\`\`\``, 'README.md')).toEqual([]);
  });
});
