import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LambdaRuntimeError } from '../common/function-error.ts';

/** A function's handler as Node.js 24 on Lambda calls it. Its result is awaited. */
export type Handler = (event: unknown, context: object) => unknown;

const EXTENSIONS = ['.js', '.mjs', '.cjs'];

/**
 * Loads the function that a handler setting such as `index.handler` or `dir/index.routes.create`
 * names in the folder `codeDir`.
 *
 * Throws {@link LambdaRuntimeError} if Lambda has a type for the error. Errors that the module
 * throws while it loads are passed on. A handler with a callback is rejected, as by Lambda from
 * Node.js 24 on.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
 * @see https://github.com/aws/aws-lambda-nodejs-runtime-interface-client
 */
export async function loadHandler(codeDir: string, setting: string): Promise<Handler> {
  const [, moduleName, exportPath] = /^([^.]*)\.(.*)$/.exec(basename(setting)) ?? [];
  if (setting.includes('..') || moduleName === undefined || exportPath === undefined) {
    throw new LambdaRuntimeError('Runtime.MalformedHandlerName', `'${setting}' is not a valid handler name.`);
  }
  const path = join(codeDir, dirname(setting), moduleName);
  const extension = EXTENSIONS.find((candidate) => existsSync(path + candidate));
  if (extension === undefined) {
    throw new LambdaRuntimeError('Runtime.ImportModuleError', `Error: Cannot find module '${moduleName}'`);
  }
  const module = await importModule(path + extension);
  const found = member(module, exportPath) ?? member(member(module, 'default'), exportPath);
  if (found === undefined) {
    throw new LambdaRuntimeError('Runtime.HandlerNotFound', `${setting} is undefined or not exported`);
  }
  if (!isHandler(found))
    throw new LambdaRuntimeError('Runtime.HandlerNotFound', `${setting} is not a function`);
  if (found.length >= 3) {
    throw new LambdaRuntimeError(
      'Runtime.CallbackHandlerDeprecated',
      'ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to modify ' +
        'this function to use a supported handler signature to use Node.js 24 or later. For more information see ' +
        'https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.',
    );
  }
  return found;
}

async function importModule(path: string): Promise<unknown> {
  try {
    return await import(pathToFileURL(path).href);
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new LambdaRuntimeError('Runtime.UserCodeSyntaxError', String(error), { cause: error });
    }
    // Only for `require`. A failed `import` (ERR_MODULE_NOT_FOUND) is a plain Error on Lambda too.
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') {
      throw new LambdaRuntimeError('Runtime.ImportModuleError', String(error), { cause: error });
    }
    throw error;
  }
}

function member(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((at, key) => {
    return typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined;
  }, value);
}

function isHandler(value: unknown): value is Handler {
  return typeof value === 'function';
}
