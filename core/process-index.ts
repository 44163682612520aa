/**
 * Small objects that list processes: `running/` for the sweep, `index/` for the processes of an
 * owner.
 *
 * Every running process has a mark under `running/`, whatever crashes. Otherwise a lost status
 * event would leave it RUNNING forever. A mark is therefore only removed for a reason that cannot
 * be outdated:
 *
 * - the end of its run is recorded, or
 * - it is older than any function that could still start its run, and Step Functions has no such
 *   run.
 *
 * The removal is conditional on the mark that was read: a start or redrive writes a new one before
 * it starts a run.
 */
import { indexKey, type ProcessRef, parseRunningKey, RUNNING_PREFIX, runningKey } from './keys.ts';
import { type Bucket, deleteObject, getObject, listPage, putObject } from './objects.ts';

/** Run number of a new execution. Each redrive increments it. */
export const FIRST_RUN = 0;

/** A mark as read. */
export type RunningMark = {
  /** Run of the execution that it is for: the `redriveCount`. */
  run: number;
  etag: string;
  writtenAt: Date;
};

/**
 * Marks the process as running, or about to run.
 *
 * `id` makes the mark unique, so that it is not removed by a caller that has read an older one. The
 * mark of a later run is left unchanged.
 */
export async function markRunning(
  bucket: Bucket,
  process: ProcessRef,
  run: number,
  id: string,
): Promise<void> {
  const key = runningKey(process);
  const mark = JSON.stringify({ run, id });
  if (await putObject(bucket, key, mark, { ifNoneMatch: '*' })) return;
  for (;;) {
    const present = await readMark(bucket, process);
    if (present && present.run > run) return;
    const condition = present ? { ifMatch: present.etag } : ({ ifNoneMatch: '*' } as const);
    if (await putObject(bucket, key, mark, condition)) return;
  }
}

/** Returns the mark of the process; undefined if it has none. */
export async function readMark(bucket: Bucket, process: ProcessRef): Promise<RunningMark | undefined> {
  const object = await getObject(bucket, runningKey(process));
  if (!object) return undefined;
  const { run } = JSON.parse(object.text) as { run: number };
  return { run, etag: object.etag, writtenAt: object.writtenAt };
}

/** Removes the mark that was read. Returns false if a different one has replaced it. */
export function removeMark(bucket: Bucket, process: ProcessRef, { etag }: RunningMark): Promise<boolean> {
  return deleteObject(bucket, runningKey(process), etag);
}

/**
 * Lists processes that are marked as running, in key order, after the given key. `next` is the key
 * to continue after.
 */
export async function listRunning(
  bucket: Bucket,
  after: string | undefined,
  maxProcesses: number,
): Promise<{ running: { process: ProcessRef; since: Date }[]; next: string | undefined }> {
  const { objects, more } = await listPage(bucket, RUNNING_PREFIX, after, maxProcesses);
  return {
    running: objects.map(({ key, writtenAt }) => ({ process: parseRunningKey(key), since: writtenAt })),
    next: more ? objects.at(-1)?.key : undefined,
  };
}

/** Adds the process to the list of its owner's processes, unless it is listed already. */
export async function writeIndex(bucket: Bucket, process: ProcessRef, startedAt: Date): Promise<void> {
  await putObject(bucket, indexKey(process, startedAt), '', { ifNoneMatch: '*' });
}
