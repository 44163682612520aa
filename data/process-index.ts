/**
 * The small objects by which processes are found: `running/` for the sweep, `index/` for the list of an owner's processes.
 */
import { indexKey, type ProcessRef, processKey, runningKey } from './keys.ts';
import { type Bucket, deleteObject, getObject, putObject } from './objects.ts';

/** The process key that holds the id from now on: the given process's own, or another's that was first. */
export async function claimRunning(bucket: Bucket, process: ProcessRef): Promise<string> {
  const key = runningKey(process.processId);
  const own = processKey(process);
  if (await putObject(bucket, key, own, { ifNoneMatch: '*' })) return own;
  return (await getObject(bucket, key))?.text ?? own;
}

/** Marks the process as no longer running; without effect where it is marked so. */
export function releaseRunning(bucket: Bucket, processId: string): Promise<void> {
  return deleteObject(bucket, runningKey(processId));
}

/** Lists the process among its owner's; without effect where it is listed. */
export async function writeIndex(bucket: Bucket, process: ProcessRef, startedAt: Date): Promise<void> {
  await putObject(bucket, indexKey(process, startedAt), '', { ifNoneMatch: '*' });
}

/** Takes the process off its owner's list. */
export function deleteIndex(bucket: Bucket, process: ProcessRef, startedAt: Date): Promise<void> {
  return deleteObject(bucket, indexKey(process, startedAt));
}
