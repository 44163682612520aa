import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { LambdaFunction, LogLine } from './function.ts';
import { createLambda, type Lambda } from './lambda.ts';

/** The ARN of a function of the name. */
export const arnOf = (name: string) => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;

/** What tests of functions work with; it is made new for each test, and closed after it. */
export type LambdaStage = {
  /** A folder for this test file. */
  folder: string;
  lambda: Lambda;
  /** What has been logged. */
  lines: LogLine[];
  /**
   * Writes a bundle of that source and serves it as the only function. Returns a short form of
   * `invoke`.
   */
  serve(
    source: string,
    settings?: Partial<LambdaFunction> & { file?: string },
  ): Promise<(payload?: unknown, signal?: AbortSignal) => ReturnType<Lambda['invoke']>>;
  /** Resolves with the lines that hold the text, once there are so many. */
  logged(text: string, count?: number): Promise<LogLine[]>;
};

/** Sets the stage for the tests of a file. */
export function setLambdaStage(): LambdaStage {
  let listeners: (() => void)[] = [];
  const stage: LambdaStage = {
    folder: '',
    lambda: createLambda({ functions: [], environmentFor: () => ({}), onLog() {}, region: 'us-east-1' }),
    lines: [],
    async serve(source, { file = 'index.mjs', ...settings } = {}) {
      const codeDir = await mkdtemp(join(stage.folder, 'fn-'));
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
      stage.lambda = createLambda({
        functions: [fn],
        environmentFor: ({ roleArn }) => ({ AWS_ACCESS_KEY_ID: `key of ${roleArn}` }),
        onLog(line) {
          stage.lines.push(line);
          for (const listener of listeners) listener();
        },
        region: 'us-east-1',
      });
      return (payload, signal) => stage.lambda.invoke(fn.arn, payload, signal);
    },
    logged(text, count = 1) {
      return new Promise((resolve) => {
        const check = () => {
          const found = stage.lines.filter((line) => line.text.includes(text));
          if (found.length >= count) resolve(found);
        };
        listeners.push(check);
        check();
      });
    },
  };
  beforeAll(async () => {
    stage.folder = await mkdtemp(join(tmpdir(), 'lambda-'));
  });
  afterEach(async () => {
    await stage.lambda.close();
    stage.lines = [];
    listeners = [];
  });
  afterAll(() => rm(stage.folder, { recursive: true }));
  return stage;
}
