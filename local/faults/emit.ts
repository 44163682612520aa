import type { AwsEvent, EmitEvent } from '../common/aws-event.ts';
import type { Delays } from './delays.ts';
import type { ShouldFail } from './seeded-random.ts';

/**
 * Returns an `emit` that drops, doubles and delays events. An event without a fault is passed on
 * before the call returns, so it belongs to the open transaction. Events still delayed when the
 * injector closes are lost.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event.html#eb-service-event-delivery-level
 */
export function faultyEmit(
  emit: EmitEvent,
  { shouldFail, delays, delayEventMs }: { shouldFail: ShouldFail; delays: Delays; delayEventMs: number },
): EmitEvent {
  async function emitLater(event: AwsEvent, ms: number): Promise<void> {
    if (await delays.wait(ms)) emit(event);
  }

  return (event) => {
    if (shouldFail('dropEvent')) return;
    // A late event carries the time at which it happened.
    const timed = { time: new Date().toISOString().replace(/\.\d{3}/, ''), ...event };
    const late = shouldFail('delayEvent');
    if (late) void emitLater(timed, late * delayEventMs);
    else emit(timed);
    const again = shouldFail('doubleEvent');
    if (again) void emitLater(timed, again * delayEventMs);
  };
}
