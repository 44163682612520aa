import { type FSWatcher, statSync, watch } from 'node:fs';

/** One save of an editor is up to three events. */
const DEBOUNCE_MS = 50;

/** Watches a changing set of folders, each without those inside it. */
export class FolderWatcher {
  readonly #onEvent: () => void;
  readonly #watchers = new Map<string, { watcher: FSWatcher; inode: number }>();
  #timer: NodeJS.Timeout | undefined;

  /** `onEvent` is called shortly after changes in the folders. */
  constructor(onEvent: () => void) {
    this.#onEvent = onEvent;
  }

  /** Watches these folders from now on. Missing ones are skipped. */
  set(folders: readonly string[]): void {
    const inodes = new Map(folders.map((folder) => [folder, inodeOf(folder)]));
    for (const [folder, { watcher, inode }] of this.#watchers) {
      // A folder that was deleted and created again is another one.
      if (inodes.get(folder) === inode) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const [folder, inode] of inodes) {
      if (inode === undefined || this.#watchers.has(folder)) continue;
      const watcher = watch(folder, { persistent: false }, () => this.notify());
      // The folder is gone. Its parent, or the next check, tells.
      watcher.on('error', () => this.notify());
      this.#watchers.set(folder, { watcher, inode });
    }
  }

  /** Calls back as after a change. */
  notify(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onEvent, DEBOUNCE_MS);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.set([]);
  }
}

function inodeOf(folder: string): number | undefined {
  return statSync(folder, { throwIfNoEntry: false })?.ino;
}
