import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll } from 'vitest';
import type { DefinitionProps } from './definition.ts';
import { ProcessFacade } from './process-facade.ts';

/**
 * A facade in a stack of an app of its own, in a folder that lasts as long as the tests of a file.
 */
export function synthesizeFacade(definitions: Readonly<Record<string, DefinitionProps>>) {
  const outdir = mkdtempSync(join(tmpdir(), 'facade-template-'));
  // Bundles last as long as their process, which the test runner ends without a word.
  process.env.TMPDIR = outdir;
  afterAll(() => rmSync(outdir, { recursive: true }));
  const stack = new Stack(new App({ outdir, builtinCloudFormationValidation: false }), 'Sample');
  const facade = new ProcessFacade(stack, 'Facade', { definitions });
  return { stack, facade, template: Template.fromStack(stack) };
}
