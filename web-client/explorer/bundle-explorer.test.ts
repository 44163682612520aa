import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bundleExplorer } from './bundle-explorer.ts';

test('a source that does not compile is rejected with its file and line', async () => {
  const sourceDir = await mkdtemp(join(tmpdir(), 'explorer-source-'));
  await writeFile(join(sourceDir, 'explorer.css'), '');
  await writeFile(join(sourceDir, 'explorer.tsx'), 'const fine = 1;\nconst = 2;\n');

  await expect(bundleExplorer(sourceDir, join(sourceDir, 'bundle'))).rejects.toThrow(
    /explorer\.tsx:2:6: ERROR/,
  );
  await rm(sourceDir, { recursive: true });
});
