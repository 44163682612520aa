import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { temporaryFolder } from '../../test/kit/temporary-folder.ts';
import type { LambdaFunction, LogLine } from './function.ts';
import { createLambda, type Lambda } from './lambda.ts';

/** The ARN of a function of the name. */
export const arnOf = (name: string) => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;

/** Lambda as {@link serveLambda} serves it. */
export type ServedLambda = AsyncDisposable & {
  /** A temporary folder. */
  folder: string;
  lambda: Lambda;
  /** All lines logged. */
  lines: LogLine[];
  /**
   * Writes a bundle of that source and serves it as the only function. Returns a short form of
   * `invoke`.
   */
  serve(
    source: string,
    settings?: Partial<LambdaFunction> & { file?: string },
  ): Promise<(payload?: unknown, signal?: AbortSignal) => ReturnType<Lambda['invoke']>>;
  /** Resolves with the lines that hold the text, once there are `count`. */
  logged(text: string, count?: number): Promise<LogLine[]>;
};

/** Serves Lambda, without functions at first. `await using` ends it and removes its folder. */
export function serveLambda(): ServedLambda {
  const folder = temporaryFolder('lambda');
  const listeners: (() => void)[] = [];
  const served: ServedLambda = {
    folder: folder.path,
    lambda: createLambda({ functions: [], environmentFor: () => ({}), onLog() {}, region: 'us-east-1' }),
    lines: [],
    async serve(source, { file = 'index.mjs', ...settings } = {}) {
      const codeDir = await mkdtemp(join(served.folder, 'fn-'));
      await mkdir(dirname(join(codeDir, file)), { recursive: true });
      await writeFile(join(codeDir, file), source);
      const fn: LambdaFunction = {
        name: 'Orders',
        arn: arnOf('Orders'),
        codeDir,
        handler: 'index.handler',
        environment: {},
        timeoutSeconds: 30,
        memoryMb: 128,
        roleArn: 'arn:aws:iam::000000000000:role/Orders',
        ...settings,
      };
      served.lambda = createLambda({
        functions: [fn],
        environmentFor: ({ roleArn }) => ({ AWS_ACCESS_KEY_ID: `key of ${roleArn}` }),
        onLog(line) {
          served.lines.push(line);
          for (const listener of listeners) listener();
        },
        region: 'us-east-1',
      });
      return (payload, signal) => served.lambda.invoke(fn.arn, payload, signal);
    },
    logged(text, count = 1) {
      return new Promise((resolve) => {
        const check = () => {
          const found = served.lines.filter((line) => line.text.includes(text));
          if (found.length >= count) resolve(found);
        };
        listeners.push(check);
        check();
      });
    },
    async [Symbol.asyncDispose]() {
      await served.lambda.close();
      folder[Symbol.dispose]();
    },
  };
  return served;
}
