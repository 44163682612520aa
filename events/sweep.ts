/**
 * The scheduled sweep. It repairs processes that have been running for minutes without an event, so
 * that none depends on an event that was lost, or on a caller that reads its state.
 */
import type { Context } from 'aws-lambda';
import { type ProcessRef, runningKey, SWEEP_CURSOR_KEY } from '../core/keys.ts';
import { emitMetrics, isMonitored } from '../core/metrics.ts';
import { type Bucket, getObject, putObject } from '../core/objects.ts';
import { listRunning, readMark, removeMark } from '../core/process-index.ts';
import { publishingServicesFromEnvironment } from '../core/publishing-services.ts';
import { publishAndRelease, repairState } from '../core/record-status.ts';
import type { PublishingServices } from '../core/services.ts';
import { isTerminal, MAX_START_MS } from '../core/state.ts';
import { readState } from '../core/state-record.ts';

/** Result of a sweep, which is also logged. */
export type SweepResult = {
  seen: number;
  checked: number;
  repaired: number;
  failed: number;
  wrapped: boolean;
};

const SWEEP_AFTER_MS = Number(process.env.SWEEP_AFTER_SECONDS ?? 180) * 1_000;
const PAGE = 100;
/** S3's maximum for one list. */
const SURVEY_PAGE = 1_000;
/** 20 lists a minute. More running processes are counted as this many. */
const MAX_SURVEYED = 20_000;
/**
 * DescribeExecution is limited to about 15 calls a second per account. The sweep uses a third and
 * leaves the rest to readers.
 */
const DESCRIBES_PER_SECOND = 5;
/** Enough to repair one process and to write the cursor. */
const TIME_TO_END_MS = 5_000;

const services = publishingServicesFromEnvironment();

/**
 * Checks the running processes, beginning where the last sweep ended, until it has reached the last
 * one or its time is up. A process that fails is retried in the next round.
 */
export async function handler(
  _: unknown,
  lambda: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<SweepResult> {
  const result: SweepResult = { seen: 0, checked: 0, repaired: 0, failed: 0, wrapped: false };
  const { bucket } = services;
  const cursor = await getObject(bucket, SWEEP_CURSOR_KEY);
  let after = cursor?.text || undefined;
  while (lambda.getRemainingTimeInMillis() > TIME_TO_END_MS && !result.wrapped) {
    const page = await listRunning(bucket, after, PAGE);
    for (const { process, since } of page.running) {
      if (lambda.getRemainingTimeInMillis() <= TIME_TO_END_MS) break;
      after = runningKey(process);
      result.seen++;
      if (Date.now() - since.getTime() > SWEEP_AFTER_MS) await sweepProcessLogged(process, result);
    }
    const last = page.running.at(-1);
    const isPageDone = !last || after === runningKey(last.process);
    if (isPageDone && !page.next) {
      result.wrapped = true;
      after = undefined;
    }
  }
  await writeCursor(bucket, after, cursor?.etag);
  console.log(JSON.stringify({ message: 'swept', ...result }));
  if (isMonitored()) emitMetrics({ Repaired: result.repaired, ...(await survey(bucket)), ...keyDays() });
  return result;
}

/** Counts the running processes and returns the age of the oldest, up to a limit. */
async function survey(bucket: Bucket): Promise<{ RunningProcesses: number; OldestRunning: number }> {
  let count = 0;
  let oldest = Date.now();
  let after: string | undefined;
  do {
    const page = await listRunning(bucket, after, SURVEY_PAGE);
    count += page.running.length;
    for (const { since } of page.running) oldest = Math.min(oldest, since.getTime());
    after = page.next;
  } while (after !== undefined && count < MAX_SURVEYED);
  return { RunningProcesses: count, OldestRunning: Math.round((Date.now() - oldest) / 1_000) };
}

function keyDays(): { ApiKeyDaysLeft?: number } {
  const expires = process.env.API_KEY_EXPIRES;
  return expires ? { ApiKeyDaysLeft: Math.floor((Date.parse(expires) - Date.now()) / 86_400_000) } : {};
}

async function sweepProcessLogged(process: ProcessRef, result: SweepResult): Promise<void> {
  result.checked++;
  const began = Date.now();
  try {
    if (await sweepProcess(services, process)) result.repaired++;
  } catch (error) {
    result.failed++;
    console.error(`Could not repair process [${process.processId}]; will retry in the next round`, error);
  }
  const pauseMs = 1_000 / DESCRIBES_PER_SECOND - (Date.now() - began);
  if (pauseMs > 0) await new Promise((done) => setTimeout(done, pauseMs));
}

/** Repairs a process. Returns true if it needed a repair. */
export async function sweepProcess(services: PublishingServices, process: ProcessRef): Promise<boolean> {
  const { bucket, now } = services;
  const mark = await readMark(bucket, process);
  if (!mark) return false;
  const checkedAt = now();
  const record = await readState(bucket, process);
  if (record && isTerminal(record.status) && mark.run <= record.redriveCount) {
    // The end was recorded, but not published, or its mark was not removed.
    await publishAndRelease(services, process, record, 'sweep');
    return true;
  }
  const repaired =
    record && (await repairState(services, { ...process, definition: record.definition }, 'sweep'));
  if (repaired && (!isTerminal(repaired.record.status) || mark.run <= repaired.record.redriveCount)) {
    return repaired.changed;
  }
  // The run of the mark has not begun: its start or redrive was interrupted, or is in progress.
  const isAbandoned = checkedAt.getTime() - mark.writtenAt.getTime() > 2 * MAX_START_MS;
  return isAbandoned && removeMark(bucket, process, mark);
}

/** Stores the cursor, unless another sweep has moved it in the meantime. */
async function writeCursor(into: Bucket, after: string | undefined, etag: string | undefined): Promise<void> {
  await putObject(into, SWEEP_CURSOR_KEY, after ?? '', etag ? { ifMatch: etag } : { ifNoneMatch: '*' });
}
