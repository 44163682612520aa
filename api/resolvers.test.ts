/**
 * AppSync rejects code that its runtime does not support, at deployment. The local runtime supports
 * more, so these tests check the code against AppSync's own rules:
 * https://docs.aws.amazon.com/appsync/latest/devguide/resolver-reference-overview-js.html#utility-resolvers
 */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import appsync from '@aws-appsync/eslint-plugin';
import { ESLint, type Linter } from 'eslint';
import { describe, expect, it } from 'vitest';
import { resolverCode } from '../infra/bundle.ts';

const eslint = new ESLint({
  overrideConfigFile: true,
  overrideConfig: [appsync.configs?.base as Linter.Config],
});

async function complaintsAbout(code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: 'resolver.js' });
  return (result?.messages ?? []).map(({ ruleId, message }) => `${ruleId}: ${message}`);
}

describe('the code of a resolver', () => {
  const files = globSync('*.resolver.ts', { cwd: import.meta.dirname });

  it.each(files)('%s only uses what AppSync supports', async (file) => {
    const code = resolverCode(join(import.meta.dirname, file));
    expect(await complaintsAbout(code)).toEqual([]);
    expect(Buffer.byteLength(code)).toBeLessThan(32_768);
  });

  it('is rejected where it does not', async () => {
    const complaints = await complaintsAbout(
      'export function request() { try { return {}; } catch { return {}; } }',
    );
    expect(complaints).toEqual([expect.stringContaining('@aws-appsync/no-try')]);
  });
});
