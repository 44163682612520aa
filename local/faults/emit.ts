import type { AwsEvent, EmitEvent } from '../common/aws-event.ts';
import type { Delays } from './delays.ts';
import type { Strike } from './dice.ts';

/**
 * An `emit` on whose way events get lost, come twice and come late. One that no fault strikes is
 * passed on before it returns, so it belongs to the transaction that is open; one that is late when
 * the dial is closed is lost.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event.html#eb-service-event-delivery-level
 */
export function faultyEmit(
  emit: EmitEvent,
  { strike, delays, delayEventMs }: { strike: Strike; delays: Delays; delayEventMs: number },
): EmitEvent {
  async function emitLater(event: AwsEvent, ms: number): Promise<void> {
    if (await delays.wait(ms)) emit(event);
  }

  return (event) => {
    if (strike('dropEvent')) return;
    // A late event tells the time at which it happened.
    const timed = { time: new Date().toISOString().replace(/\.\d{3}/, ''), ...event };
    const late = strike('delayEvent');
    if (late) void emitLater(timed, late * delayEventMs);
    else emit(timed);
    const again = strike('doubleEvent');
    if (again) void emitLater(timed, again * delayEventMs);
  };
}
