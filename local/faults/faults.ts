import type { EmitEvent } from '../common/aws-event.ts';
import type { Service, Upgrade } from '../common/http-server.ts';
import type { InvokeLambda } from '../common/invoke-lambda.ts';
import { createDelays } from './delays.ts';
import { createDice } from './dice.ts';
import { faultyEmit } from './emit.ts';
import type { FaultKind, Faults } from './fault-kinds.ts';
import { faultyInvoke } from './invoke.ts';
import { faultyService, requestFaults } from './service.ts';
import { staleDescribe } from './stale-describe.ts';
import { faultyUpgrade } from './upgrade.ts';

/**
 * The fault dial: it stands between the services of the local runtime, and none of them knows of
 * it. What is put through it comes back unchanged where none of its faults is on.
 */
export type FaultDial = {
  /** What services give their events to. */
  emit(emit: EmitEvent): EmitEvent;
  /** What answers the requests to a service. */
  service(name: keyof typeof requestFaults, service: Service): Service;
  /** What serves real-time connections. */
  upgrade(upgrade: Upgrade): Upgrade;
  /** By what services invoke functions. */
  invoke(invoke: InvokeLambda): InvokeLambda;
  /** How often each fault has struck. */
  counts(): Record<FaultKind, number>;
  /**
   * Lets go of what waits: requests and invocations go on at once, events that are late are lost.
   * Call it before the services close.
   */
  close(): void;
};

/**
 * Makes the dial. The same seed gives the same faults to the same sequence of questions; a run of
 * the whole runtime is replayed as nearly as the order of its requests is the same.
 */
export function createFaults(faults: Faults): FaultDial {
  const { delayEventMs = 2_000, slowMs = 1_000 } = faults;
  const dice = createDice(faults);
  const delays = createDelays();
  const isOn = (...kinds: FaultKind[]) => [...kinds, 'kill' as const].some((kind) => (faults[kind] ?? 0) > 0);

  function strike(kind: FaultKind): number {
    if (dice.strike('kill')) process.kill(process.pid, 'SIGKILL');
    return dice.strike(kind);
  }

  return {
    emit: (emit) =>
      isOn('dropEvent', 'doubleEvent', 'delayEvent')
        ? faultyEmit(emit, { strike, delays, delayEventMs })
        : emit,
    service(name, service) {
      const { slow, refusals, lose } = requestFaults[name];
      const behind = name === 'states' && isOn('staleDescribe') ? staleDescribe(service, strike) : service;
      return isOn(slow, lose, ...refusals.map(([kind]) => kind))
        ? faultyService(behind, requestFaults[name], { strike, delays, slowMs })
        : behind;
    },
    upgrade: (upgrade) =>
      isOn('dropPush', 'cutSocket', 'freezeSocket', 'refuseConnect', 'refuseStart')
        ? faultyUpgrade(upgrade, strike)
        : upgrade,
    invoke: (invoke) =>
      isOn('slowLambda', 'failLambda', 'throttleLambda', 'lateLambda')
        ? faultyInvoke(invoke, { strike, delays, slowMs })
        : invoke,
    counts: () => ({ ...dice.counts }),
    close: delays.close,
  };
}
