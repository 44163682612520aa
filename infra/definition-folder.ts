import { existsSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidDefinition } from './errors.ts';

/**
 * Returns the file that called `callee`, as Node.js runs it. The CDK finds the file that defines a
 * function in the same way.
 */
export function callerOf(callee: NewableFunction): string | undefined {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = 1;
    Error.prepareStackTrace = (_, [site]) => site?.getFileName() ?? undefined;
    const trace: { stack?: string } = {};
    Error.captureStackTrace(trace, callee);
    const { stack: file } = trace;
    return file?.startsWith('file:') ? fileURLToPath(file) : file;
  } finally {
    Object.assign(Error, { prepareStackTrace, stackTraceLimit });
  }
}

/**
 * Returns the absolute path of a definition's folder, which is relative to the calling file. Throws
 * {@link InvalidDefinition} if it does not exist.
 */
export function definitionFolder(name: string, folder: string, caller: string | undefined): string {
  const path = resolve(caller === undefined ? '.' : dirname(caller), folder);
  if (existsSync(path)) return path;
  const remedy = isAbsolute(folder)
    ? ''
    : `. Expected a path relative to the file that creates the facade${caller === undefined ? '' : ` (${caller})`}, or an absolute one`;
  throw new InvalidDefinition(name, `The folder ${path} does not exist${remedy}`);
}
