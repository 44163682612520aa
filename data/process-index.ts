/**
 * The small objects by which processes are found: `running/` for the sweep, `index/` for the list of an owner's processes.
 */
import {
  indexKey,
  type ProcessRef,
  parseProcessKey,
  processKey,
  RUNNING_PREFIX,
  runningKey,
} from './keys.ts';
import { type Bucket, deleteObject, getObject, listPage, putObject } from './objects.ts';

/** The process key that holds the id from now on: the given process's own, or another's that was first. */
export async function claimRunning(bucket: Bucket, process: ProcessRef): Promise<string> {
  const key = runningKey(process.processId);
  const own = processKey(process);
  for (;;) {
    if (await putObject(bucket, key, own, { ifNoneMatch: '*' })) return own;
    const held = await getObject(bucket, key);
    if (held) return held.text;
    // Its holder has ended in between.
  }
}

/** Marks the process as no longer running; without effect where it is marked so. */
export function releaseRunning(bucket: Bucket, processId: string): Promise<void> {
  return deleteObject(bucket, runningKey(processId));
}

/** The next processes that are marked as running, by id, after the given place; and the place after them, where there are more. */
export async function listRunning(
  bucket: Bucket,
  after: string | undefined,
  maxProcesses: number,
): Promise<{ running: { processId: string; since: Date }[]; next: string | undefined }> {
  const { objects, more } = await listPage(bucket, RUNNING_PREFIX, after, maxProcesses);
  return {
    running: objects.map(({ key, writtenAt }) => ({
      processId: key.slice(RUNNING_PREFIX.length),
      since: writtenAt,
    })),
    next: more ? objects.at(-1)?.key : undefined,
  };
}

/** The process that is marked as running under the id; undefined where it is no longer. */
export async function readRunning(bucket: Bucket, processId: string): Promise<ProcessRef | undefined> {
  const object = await getObject(bucket, runningKey(processId));
  return object && parseProcessKey(object.text);
}

/** Lists the process among its owner's; without effect where it is listed. */
export async function writeIndex(bucket: Bucket, process: ProcessRef, startedAt: Date): Promise<void> {
  await putObject(bucket, indexKey(process, startedAt), '', { ifNoneMatch: '*' });
}

/** Takes the process off its owner's list. */
export function deleteIndex(bucket: Bucket, process: ProcessRef, startedAt: Date): Promise<void> {
  return deleteObject(bucket, indexKey(process, startedAt));
}
