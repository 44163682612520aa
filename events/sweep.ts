/**
 * The scheduled sweep: whatever has run for minutes without an event is looked after, so that no process depends on an event that never
 * came, or on a caller that reads its state.
 */
import type { Context } from 'aws-lambda';
import { type ProcessRef, RUNNING_PREFIX, SWEEP_CURSOR_KEY } from '../data/keys.ts';
import { type Bucket, bucketFromEnvironment, getObject, putObject } from '../data/objects.ts';
import { claimRunning, listRunning, readRunning, releaseRunning } from '../data/process-index.ts';
import { isTerminal, neverStarted } from '../data/state.ts';
import { readState, updateState } from '../data/state-record.ts';
import { announceState } from './announce-state.ts';
import { observeExecution } from './observe-execution.ts';
import { recordObservation } from './record-observation.ts';

/** What a sweep did, as it logs it. */
export type SweepResult = {
  seen: number;
  looked: number;
  repaired: number;
  failed: number;
  wrapped: boolean;
};

const SWEEP_AFTER_MS = Number(process.env.SWEEP_AFTER_SECONDS ?? 180) * 1_000;
const PAGE = 100;
/** DescribeExecution refills at some 15 calls a second for the account: the sweep takes a third, and leaves the rest to readers. */
const DESCRIBES_PER_SECOND = 5;
/** Enough to look after one process and to write the cursor. */
const TIME_TO_END_MS = 5_000;

const bucket = bucketFromEnvironment();

/**
 * Goes over the running processes from where the last sweep stopped, until it has been round or its time is up; a process that fails is
 * left for the next round.
 */
export async function handler(
  _: unknown,
  lambda: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<SweepResult> {
  const result: SweepResult = { seen: 0, looked: 0, repaired: 0, failed: 0, wrapped: false };
  const cursor = await getObject(bucket, SWEEP_CURSOR_KEY);
  let after = cursor?.text || undefined;
  while (lambda.getRemainingTimeInMillis() > TIME_TO_END_MS && !result.wrapped) {
    const page = await listRunning(bucket, after, PAGE);
    for (const { processId, since } of page.running) {
      if (lambda.getRemainingTimeInMillis() <= TIME_TO_END_MS) break;
      after = `${RUNNING_PREFIX}${processId}`;
      result.seen++;
      if (Date.now() - since.getTime() > SWEEP_AFTER_MS) await lookAfterLogged(processId, result);
    }
    const isPageDone =
      page.running.length === 0 || after === `${RUNNING_PREFIX}${page.running.at(-1)?.processId}`;
    if (isPageDone && !page.next) {
      result.wrapped = true;
      after = undefined;
    }
  }
  await writeCursor(bucket, after, cursor?.etag);
  console.log(JSON.stringify({ message: 'swept', ...result }));
  return result;
}

async function lookAfterLogged(processId: string, result: SweepResult): Promise<void> {
  result.looked++;
  const began = Date.now();
  try {
    if (await lookAfter(processId)) result.repaired++;
  } catch (error) {
    result.failed++;
    console.error(`Process [${processId}] could not be looked after; the next sweep tries again`, error);
  }
  const pauseMs = 1_000 / DESCRIBES_PER_SECOND - (Date.now() - began);
  if (pauseMs > 0) await new Promise((done) => setTimeout(done, pauseMs));
}

/** True when something was mended. */
async function lookAfter(processId: string): Promise<boolean> {
  const process = await readRunning(bucket, processId);
  if (!process) return false;
  const record = await readState(bucket, process);
  if (!record) {
    // A start that broke off before it recorded anything: nothing is left of it but this mark.
    await releaseRunning(bucket, processId);
    // The start may have been made again in between.
    if (await readState(bucket, process)) await claimRunning(bucket, process);
    return true;
  }
  if (isTerminal(record.status)) {
    // Recorded, but its push or the end of its mark failed.
    await announceState(bucket, process, record);
    return true;
  }
  return mendRunning(process, record.definition);
}

async function mendRunning(process: ProcessRef, definition: string): Promise<boolean> {
  const askedAt = new Date();
  const seen = await observeExecution(process, definition);
  const updated =
    typeof seen === 'string'
      ? await updateState(bucket, process, (record) => neverStarted(record, askedAt))
      : await recordObservation(bucket, process, seen, 'sweep');
  if (!updated?.changed) return false;
  await announceState(bucket, process, updated.record);
  return true;
}

/** A cursor that another sweep has moved in the meantime is left as it is: both have done their part. */
async function writeCursor(into: Bucket, after: string | undefined, etag: string | undefined): Promise<void> {
  await putObject(into, SWEEP_CURSOR_KEY, after ?? '', etag ? { ifMatch: etag } : { ifNoneMatch: '*' });
}
