import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach } from 'vitest';
import { temporaryFolder } from '../../test/kit/temporary-folder.ts';
import type { LambdaFunction, LogLine } from './function.ts';
import { createLambda, type Lambda } from './lambda.ts';

/** The ARN of a function of the name. */
export const arnOf = (name: string) => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;

/** The fixture of tests of functions. Each test has a new Lambda, which is closed after it. */
export type LambdaFixture = {
  /** A folder for this test file. */
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

/** Creates the fixture for the tests of a file. */
export function useLambdaFixture(): LambdaFixture {
  const folder = temporaryFolder('lambda');
  let listeners: (() => void)[] = [];
  const fixture: LambdaFixture = {
    folder: folder.path,
    lambda: createLambda({ functions: [], environmentFor: () => ({}), onLog() {}, region: 'us-east-1' }),
    lines: [],
    async serve(source, { file = 'index.mjs', ...settings } = {}) {
      const codeDir = await mkdtemp(join(fixture.folder, 'fn-'));
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
      fixture.lambda = createLambda({
        functions: [fn],
        environmentFor: ({ roleArn }) => ({ AWS_ACCESS_KEY_ID: `key of ${roleArn}` }),
        onLog(line) {
          fixture.lines.push(line);
          for (const listener of listeners) listener();
        },
        region: 'us-east-1',
      });
      return (payload, signal) => fixture.lambda.invoke(fn.arn, payload, signal);
    },
    logged(text, count = 1) {
      return new Promise((resolve) => {
        const check = () => {
          const found = fixture.lines.filter((line) => line.text.includes(text));
          if (found.length >= count) resolve(found);
        };
        listeners.push(check);
        check();
      });
    },
  };
  afterEach(async () => {
    await fixture.lambda.close();
    fixture.lines = [];
    listeners = [];
  });
  afterAll(() => folder[Symbol.dispose]());
  return fixture;
}
