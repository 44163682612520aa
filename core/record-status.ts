/**
 * How a change of an execution becomes known: it is recorded, then published, then the process is
 * released from the sweep.
 *
 * A status event carries the change; where it is late or lost, DescribeExecution is asked.
 */
import { DescribeExecutionCommand, ExecutionDoesNotExist } from '@aws-sdk/client-sfn';
import { executionArn } from './definitions.ts';
import { countSteps } from './documents.ts';
import type { DataRef, ProcessRef } from './keys.ts';
import type { Bucket } from './objects.ts';
import { readMark, removeMark } from './process-index.ts';
import type { PublishingServices, Recorder, Services } from './services.ts';
import {
  failAbandonedStart,
  isProcessStatus,
  isTerminal,
  type Observation,
  observe,
  type StateRecord,
  toProcessState,
  withStepsDone,
} from './state.ts';
import { type StateUpdate, updateState } from './state-record.ts';

/**
 * Records an observation and logs it if it changed the record. Returns undefined if there is no
 * record.
 */
export async function recordObservation(
  bucket: Bucket,
  data: DataRef,
  seen: Observation,
  by: Recorder,
): Promise<StateUpdate | undefined> {
  const count = () => countSteps(bucket, data);
  // An end is nearly always new, and a caller waits for it: count while the record is read.
  const counting = isTerminal(seen.status) ? count() : undefined;
  counting?.catch(() => undefined);
  const updated = await updateState(bucket, data, async (record) => {
    const next = observe(record, seen);
    return next && withStepsDone(next, await (counting ?? count()));
  });
  if (updated?.changed) {
    const { processId, status, version } = updated.record;
    console.log(JSON.stringify({ message: 'recorded', by, status, version, processId }));
  }
  return updated;
}

/**
 * Publishes a recorded state. If the run has ended, then removes its mark.
 *
 * The order lets the sweep find a process whose end was not published. The mark of a later run,
 * which a redrive is about to start, is not removed. Throws `PublishFailed`.
 */
export async function publishAndRelease(
  { bucket, publish }: Pick<PublishingServices, 'bucket' | 'publish'>,
  process: ProcessRef,
  record: StateRecord,
  by: Recorder,
): Promise<void> {
  await publish(toProcessState(record), by);
  if (!isTerminal(record.status)) return;
  const mark = await readMark(bucket, process);
  if (mark && mark.run <= record.redriveCount) await removeMark(bucket, process, mark);
}

/**
 * Asks Step Functions about a process, then records and publishes what is new. A start without an
 * execution is recorded as failed once no function can still be working on it. Returns undefined if
 * there is no record.
 */
export async function repairState(
  services: PublishingServices,
  data: DataRef,
  by: Recorder,
): Promise<StateUpdate | undefined> {
  const askedAt = services.now();
  const seen = await observeExecution(services, data);
  const updated = seen
    ? await recordObservation(services.bucket, data, seen, by)
    : await updateState(services.bucket, data, (record) => failAbandonedStart(record, askedAt));
  if (updated?.changed) await publishAndRelease(services, data, updated.record, by);
  return updated;
}

/**
 * Returns the execution as DescribeExecution shows it, which may be some seconds old. Undefined if
 * it does not exist, or has only just been started.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
 */
async function observeExecution(
  { stepFunctions }: Services,
  data: DataRef,
): Promise<Observation | undefined> {
  try {
    const found = await stepFunctions.send(
      new DescribeExecutionCommand({ executionArn: executionArn(data) }),
    );
    if (!isProcessStatus(found.status)) return undefined;
    return {
      status: found.status,
      redriveCount: found.redriveCount ?? 0,
      ...(found.stopDate ? { stoppedAt: found.stopDate } : {}),
      ...(found.error === undefined ? {} : { error: found.error }),
      ...(found.cause === undefined ? {} : { cause: found.cause }),
    };
  } catch (error) {
    if (error instanceof ExecutionDoesNotExist) return undefined;
    throw error;
  }
}
