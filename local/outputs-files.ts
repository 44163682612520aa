/**
 * The files of a running local runtime for its clients and its operator: the outputs, and beside
 * them `operator.env`, with which AWS's SDKs reach its services (`node --env-file`).
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CLIENT_OUTPUTS, OPERATOR_OUTPUTS, operatorFileOf, pick } from '../core/output-names.ts';
import { StartError } from './common/errors.ts';
import { tryLock } from './common/file-lock.ts';
import { PRIVATE_FOLDER, writePrivateFile } from './common/private-files.ts';
import type { LocalRuntime, Outputs } from './start-local.ts';

/** The files of one runtime, from its start to its end. */
export type OutputsFiles = {
  /** Throws {@link OutputsUnusable}. */
  write(runtime: Pick<LocalRuntime, 'facades' | 'operatorEnvironment'>): void;
  /** Removes the files, unless they were replaced, and releases the folder to other runtimes. */
  remove(): void;
};

/** Thrown when the outputs cannot be written. */
class OutputsUnusable extends StartError {
  override readonly name = 'OutputsUnusable';
  readonly file: string;

  constructor(file: string, reason: string, options?: ErrorOptions) {
    super(`Could not write outputs to [${file}]: ${reason}`, options);
    this.file = file;
  }
}

/**
 * Claims the folder of the outputs for this process: two runtimes in one would overwrite each
 * other's. Throws {@link OutputsUnusable}.
 */
export function claimOutputs(file: string): OutputsFiles {
  const folder = dirname(file);
  const operatorFile = join(folder, 'operator.env');
  const lock = withReason(file, () => {
    // The mode of an existing folder is the user's choice. The files themselves are closed to
    // others.
    mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER });
    return tryLock(join(folder, '.outputs.lock'), 'exclusive');
  });
  if (!lock) {
    throw new OutputsUnusable(
      file,
      'another local runtime has its outputs in this folder. Stop it, or give this one another folder and port: ' +
        '--outputs .local/second/outputs.json --data-dir .local/second/data --port 0',
    );
  }
  const written = new Map<string, string>();
  return {
    write({ facades, operatorEnvironment }) {
      const variables = Object.entries(operatorEnvironment).map(([name, value]) => `${name}=${value}\n`);
      written.set(operatorFile, variables.join(''));
      for (const [index, [name, outputs]] of Object.entries(facades).entries()) {
        const own = index === 0 ? file : outputsFileOf(file, name);
        for (const [each, text] of outputsTexts(own, outputs)) written.set(each, text);
      }
      withReason(file, () => {
        for (const [each, text] of written) writePrivateFile(each, text);
      });
    },
    remove() {
      for (const [each, text] of written) {
        if (textOf(each) === text) rmSync(each);
      }
      lock.release();
    },
  };
}

/** Returns the file of a facade that is not the first: `outputs.Shop-Returns.json`. */
export function outputsFileOf(file: string, facade: string): string {
  return `${file.replace(/\.json$/, '')}.${facade}.json`;
}

/** Returns the files of the outputs with their texts: what clients may see, and the rest. */
export function outputsTexts(file: string, outputs: Outputs): [file: string, text: string][] {
  const text = (part: object) => `${JSON.stringify(part, null, 2)}\n`;
  return [
    [file, text(pick(outputs, CLIENT_OUTPUTS))],
    [operatorFileOf(file), text(pick(outputs, OPERATOR_OUTPUTS))],
  ];
}

/** Reads the outputs from both of their files. */
export function readOutputsFiles(file: string): Outputs {
  const [forClients, forOperators] = [file, operatorFileOf(file)].map((each) =>
    JSON.parse(readFileSync(each, 'utf8')),
  );
  return { ...forClients, ...forOperators };
}

function withReason<Result>(file: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    const reason = `${(cause as Error).message}. Choose another file with --outputs`;
    throw new OutputsUnusable(file, reason, { cause });
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
