/**
 * Synthesizes an app again when something that its synthesis has read changes.
 */
import { relative } from 'node:path';
import { inspect } from 'node:util';
import { StartError } from './common/errors.ts';
import { FolderWatcher } from './common/folder-watcher.ts';
import { type Assembly, SynthesisFailed, synthesize } from './template/assembly.ts';
import { changedInput, foldersOf, type Inputs, refreshed, withEarlier } from './template/inputs.ts';

/** The options of {@link watchApp}. */
type WatchOptions = {
  app: string;
  cacheDir: string;
  /** The assembly that is served at first. */
  served: Assembly;
  /** Serves another assembly. Throws a {@link StartError} for one that cannot be served. */
  serve(assembly: Assembly): void;
  /** Receives a line about each change: it is served, or why it is not. */
  onChange(line: string): void;
};

/**
 * Watches the app until the returned function is called, which waits for a synthesis in progress.
 */
export function watchApp({ app, cacheDir, served, serve, onChange }: WatchOptions): () => Promise<void> {
  /** What the last synthesis has read. One that failed may have read less than the one before. */
  let inputs = served.inputs;
  let problem: string | undefined;
  let isClosed = false;
  let running: Promise<void> | undefined;
  const watcher = new FolderWatcher(() => {
    running ??= update().finally(() => {
      running = undefined;
    });
  });

  async function update(): Promise<void> {
    let path = changedInput(inputs);
    // An edit during a synthesis is found by the next round.
    while (path !== undefined && !isClosed) {
      const before = refreshed(inputs);
      await serveChanged(path, before);
      watcher.set(foldersOf(inputs));
      path = changedInput(inputs, before);
    }
  }

  async function serveChanged(path: string, before: Inputs): Promise<void> {
    const startedMs = performance.now();
    inputs = before;
    try {
      const assembly = await synthesize(app, cacheDir);
      inputs = assembly.inputs;
      if (isClosed) return assembly.release();
      serve(assembly);
      problem = undefined;
      const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
      onChange(`Served again after a change of ${relative(process.cwd(), path)} (${seconds} s)`);
    } catch (error) {
      if (error instanceof SynthesisFailed && error.inputs) inputs = withEarlier(error.inputs, before);
      report(error);
    }
  }

  /** Reports a problem once, however often the app is saved with it. */
  function report(error: unknown): void {
    const text = error instanceof StartError ? `${error.name}: ${error.message}` : inspect(error);
    if (text !== problem) onChange(`${text}\nThe earlier app is still served.`);
    problem = text;
  }

  watcher.set(foldersOf(inputs));
  // Something may have changed since the synthesis.
  watcher.notify();
  return async () => {
    isClosed = true;
    watcher.close();
    await running;
  };
}
