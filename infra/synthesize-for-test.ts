import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll } from 'vitest';
import type { DefinitionProps } from './definition.ts';
import { ProcessFacade, type ProcessFacadeProps } from './process-facade.ts';

/**
 * Synthesizes a facade in its own app and stack, with further props and after `edit`. The output
 * folder is removed after the tests of the file.
 */
export function synthesizeFacade(
  definitions: Readonly<Record<string, DefinitionProps>>,
  propsIn: (stack: Stack) => Omit<ProcessFacadeProps, 'definitions'> = () => ({}),
  edit: (facade: ProcessFacade) => void = () => {},
) {
  const outdir = mkdtempSync(join(tmpdir(), 'facade-template-'));
  // Bundles are removed when the process exits, but the test runner kills it.
  process.env.TMPDIR = outdir;
  afterAll(() => rmSync(outdir, { recursive: true }));
  const stack = new Stack(new App({ outdir, builtinCloudFormationValidation: false }), 'Sample');
  const facade = new ProcessFacade(stack, 'Facade', { definitions, ...propsIn(stack) });
  edit(facade);
  return { stack, facade, template: Template.fromStack(stack), assembly: outdir };
}
