import { createContext, runInContext, Script } from 'node:vm';
import { transformSync } from 'esbuild';
import type { Caller } from './callers.ts';
import { type Effects, noEffects } from './effects.ts';
import { AppSyncConfigurationError, FieldError } from './errors.ts';
import { createExtensions } from './extensions.ts';
import type { ResolverContext } from './resolver-context.ts';
import { createUtil, EarlyReturn, runtime } from './util.ts';

/** The `ctx` of a handler; `result` and `error` exist only for the response handler. */
type HandlerContext = ResolverContext & {
  env: Record<string, string>;
  result?: unknown;
  error?: { message: string; type: string };
};

/** The outcome of a handler. An early return skips the rest of the resolver. */
type HandlerOutcome = { value: unknown; stash: Record<string, unknown>; early: boolean };

/**
 * Runs a handler for a caller, and collects its effects. Throws {@link FieldError}.
 */
export type RunHandler = (
  handler: 'request' | 'response',
  context: HandlerContext,
  callerMode: Caller['mode'],
  effects: Effects,
) => HandlerOutcome;

/** @see https://docs.aws.amazon.com/general/latest/gr/appsync.html */
const MAX_CODE_BYTES = 32 * 1024;

/** The time limit of a handler. AppSync counts its loops instead. */
const HANDLER_TIMEOUT_MS = 1_000;

/**
 * The time limit needs a thread for each call, which takes several times as long as a handler. Only
 * code that can loop gets one.
 */
const CAN_LOOP = /\b(for|while|do|yield)\b/;

const UTILS_MODULE = '@aws-appsync/utils';

/**
 * AppSync's JSON.parse returns an empty string for invalid JSON, because handlers have no `try`.
 */
const SETUP = `{
  const { parse } = JSON;
  JSON.parse = (...args) => { try { return parse(...args); } catch { return ''; } };
}`;

/**
 * Compiles APPSYNC_JS code: an ES module with the exports `request` and `response`, which may
 * import `@aws-appsync/utils`.
 *
 * Each handler runs in a new evaluation of the module, in a realm with the language's own globals,
 * `util`, `extensions`, `runtime` and `console`, and nothing of Node. Values are passed as JSON.
 * Throws {@link AppSyncConfigurationError} for code that does not compile, imports anything else,
 * or lacks a handler. The language's restrictions are not checked; `@aws-appsync/eslint-plugin`
 * does that.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/resolver-reference-js-version.html
 */
export function compileResolverCode(
  code: string,
  field: { typeName: string; fieldName: string },
): RunHandler {
  const name = `${field.typeName}.${field.fieldName}`;
  const realm = createContext(
    { console: prefixedConsole(name) },
    { name, codeGeneration: { strings: false, wasm: false } },
  );
  const parseInRealm: typeof JSON.parse = runInContext('JSON.parse', realm);
  runInContext(SETUP, realm);
  const load = compile(code, name).runInContext(realm);
  const call = new Script('evaluate()');
  const limits = CAN_LOOP.test(code) ? { timeout: HANDLER_TIMEOUT_MS } : {};

  const evaluate = (use: (handlers: Record<string, unknown>) => unknown, globals: object): unknown => {
    const module: { exports: Record<string, unknown> } = { exports: {} };
    const requireUtils = (id: string) => {
      if (id === UTILS_MODULE) return globals;
      throw new TypeError(`Expected only the import '${UTILS_MODULE}', got '${id}'`);
    };
    Object.assign(realm, globals, {
      evaluate() {
        load(module, module.exports, requireUtils);
        return use(module.exports);
      },
    });
    return call.runInContext(realm, limits);
  };

  const globalsFor = (handler: 'request' | 'response', callerMode: Caller['mode'], effects: Effects) => ({
    util: createUtil(field, callerMode, effects),
    extensions: createExtensions(field.typeName, handler, effects),
    runtime,
  });

  const missing = inCompilation(name, () =>
    evaluate(
      (handlers) => ['request', 'response'].filter((handler) => typeof handlers[handler] !== 'function'),
      globalsFor('request', 'API_KEY', noEffects()),
    ),
  );
  if (Array.isArray(missing) && missing.length > 0) {
    throw new AppSyncConfigurationError(
      `Could not load the code of ${name}: Expected the exported functions request and response, got no ${missing.join(' and no ')}.`,
    );
  }

  return (handlerName, context, callerMode, effects) => {
    const ctx = contextInRealm(parseInRealm(JSON.stringify(context)));
    const run = (handlers: Record<string, unknown>): string | undefined => {
      const handler = handlers[handlerName];
      const value: unknown = typeof handler === 'function' ? handler(ctx) : undefined;
      if (typeof value === 'object' && value !== null && 'then' in value)
        throw new TypeError('A handler cannot be asynchronous');
      return JSON.stringify(value);
    };
    const stash = () => JSON.parse(JSON.stringify(ctx.stash));
    try {
      const json = evaluate(run, globalsFor(handlerName, callerMode, effects));
      return { value: typeof json === 'string' ? JSON.parse(json) : null, stash: stash(), early: false };
    } catch (error) {
      if (error instanceof EarlyReturn) {
        return { value: JSON.parse(JSON.stringify(error.value)), stash: stash(), early: true };
      }
      if (error instanceof FieldError) throw error;
      throw new FieldError(`Runtime Error: ${problemOf(error)}`, 'Code', { cause: error });
    }
  };
}

function compile(code: string, name: string): Script {
  return inCompilation(name, () => {
    const bytes = Buffer.byteLength(code);
    if (bytes > MAX_CODE_BYTES) throw new TypeError(`Expected at most ${MAX_CODE_BYTES} bytes, got ${bytes}`);
    const { code: commonJs } = transformSync(code, { format: 'cjs', loader: 'js', logLevel: 'silent' });
    return new Script(`(function (module, exports, require) { 'use strict'; ${commonJs}\n})`, {
      filename: `${name}.js`,
    });
  });
}

function inCompilation<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new AppSyncConfigurationError(`Could not load the code of ${name}: ${problemOf(cause)}`, { cause });
  }
}

/**
 * Completes the context: `args` is the same object as `arguments`, the selection sets exist but are
 * not part of its JSON, and nothing can be replaced.
 */
function contextInRealm(ctx: HandlerContext): HandlerContext & { args: Record<string, unknown> } {
  const { selectionSetList, selectionSetGraphQL } = ctx.info;
  Object.defineProperties(ctx.info, {
    selectionSetList: { value: selectionSetList, enumerable: false },
    selectionSetGraphQL: { value: selectionSetGraphQL, enumerable: false },
  });
  return Object.freeze(Object.assign(ctx, { args: ctx.arguments }));
}

function prefixedConsole(name: string): Pick<Console, 'log' | 'error'> {
  return {
    log: (...values: unknown[]) => console.log(`[${name}]`, ...values),
    error: (...values: unknown[]) => console.error(`[${name}]`, ...values),
  };
}

/**
 * Returns the message of an error. Errors of the handler's realm are not instances of `Error` here.
 */
function problemOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error
    ? String(error.message)
    : String(error);
}
