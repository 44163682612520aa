/**
 * The small objects by which processes are found: `running/` for the sweep, `index/` for the list
 * of an owner's processes.
 *
 * An accepted process that runs always has a mark under `running/`, whatever crashes, or a lost
 * status event would leave it RUNNING for ever. So a mark is removed only for a reason that cannot
 * be out of date:
 *
 * - it is for a run of the execution whose end is recorded, or
 * - it is older than any function that could still start that run, and Step Functions knows of no
 *   such run;
 *
 * and only while it is the very mark that was read: a start or redrive writes a new one before it
 * begins a run.
 */
import { indexKey, type ProcessRef, parseRunningKey, RUNNING_PREFIX, runningKey } from './keys.ts';
import { type Bucket, deleteObject, getObject, listPage, putObject } from './objects.ts';

/** The run of a new execution; each redrive is the next one. */
export const FIRST_RUN = 0;

/** A mark as read. */
export type RunningMark = {
  /** Which run of the execution it is for: its `redriveCount`. */
  run: number;
  etag: string;
  writtenAt: Date;
};

/**
 * Marks the process as running, or about to run. `id` makes the mark different from every other, so
 * that nobody removes it who has read an older one. The mark of a later run is left as it is.
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

/** The mark of the process; undefined where it has none. */
export async function readMark(bucket: Bucket, process: ProcessRef): Promise<RunningMark | undefined> {
  const object = await getObject(bucket, runningKey(process));
  if (!object) return undefined;
  const { run } = JSON.parse(object.text) as { run: number };
  return { run, etag: object.etag, writtenAt: object.writtenAt };
}

/** Removes the mark that was read; false where there is another by now, which stays. */
export function removeMark(bucket: Bucket, process: ProcessRef, { etag }: RunningMark): Promise<boolean> {
  return deleteObject(bucket, runningKey(process), etag);
}

/**
 * The next processes that are marked as running, by key, after the given key; `next` is the key to
 * continue after.
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

/** Lists the process among its owner's; without effect where it is listed. */
export async function writeIndex(bucket: Bucket, process: ProcessRef, startedAt: Date): Promise<void> {
  await putObject(bucket, indexKey(process, startedAt), '', { ifNoneMatch: '*' });
}
