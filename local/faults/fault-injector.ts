import type { EmitEvent } from '../common/aws-event.ts';
import type { Service, Upgrade } from '../common/http-server.ts';
import type { InvokeLambda } from '../common/invoke-lambda.ts';
import { createDelays } from './delays.ts';
import { faultyEmit } from './emit.ts';
import type { FaultKind, Faults } from './fault-kinds.ts';
import { faultyInvoke } from './invoke.ts';
import { createSeededRandom } from './seeded-random.ts';
import { faultyService, requestFaults } from './service.ts';
import { staleDescribe } from './stale-describe.ts';
import { faultyUpgrade } from './upgrade.ts';

/**
 * Injects faults between the services of the local runtime, which do not know of it. Each method
 * returns its argument unchanged unless one of its faults is on.
 */
export type FaultInjector = {
  /** Wraps the function that services emit their events with. */
  emit(emit: EmitEvent): EmitEvent;
  /** Wraps the request handler of a service. */
  service(name: keyof typeof requestFaults, service: Service): Service;
  /** Wraps the handler of real-time connections. */
  upgrade(upgrade: Upgrade): Upgrade;
  /** Wraps the function that services invoke Lambda with. */
  invoke(invoke: InvokeLambda): InvokeLambda;
  /** Returns how often each fault was injected. */
  counts(): Record<FaultKind, number>;
  /**
   * Ends all delays: requests and invocations continue at once, delayed events are lost. Call it
   * before the services close.
   */
  close(): void;
};

/**
 * Creates a fault injector. The same seed produces the same faults for the same sequence of calls.
 * A run of the whole runtime is reproducible only as far as the order of its requests is.
 */
export function createFaultInjector(faults: Faults): FaultInjector {
  const { delayEventMs = 2_000, slowMs = 1_000 } = faults;
  const random = createSeededRandom(faults);
  const delays = createDelays();
  const isOn = (...kinds: FaultKind[]) => [...kinds, 'kill' as const].some((kind) => (faults[kind] ?? 0) > 0);

  function shouldFail(kind: FaultKind): number {
    if (random.shouldFail('kill')) process.kill(process.pid, 'SIGKILL');
    return random.shouldFail(kind);
  }

  return {
    emit: (emit) =>
      isOn('dropEvent', 'doubleEvent', 'delayEvent')
        ? faultyEmit(emit, { shouldFail, delays, delayEventMs })
        : emit,
    service(name, service) {
      const { slow, rejections, lose } = requestFaults[name];
      const inner = name === 'states' && isOn('staleDescribe') ? staleDescribe(service, shouldFail) : service;
      return isOn(slow, lose, ...rejections.map(([kind]) => kind))
        ? faultyService(inner, requestFaults[name], { shouldFail, delays, slowMs })
        : inner;
    },
    upgrade: (upgrade) =>
      isOn('dropPush', 'cutSocket', 'freezeSocket', 'refuseConnect', 'refuseStart')
        ? faultyUpgrade(upgrade, shouldFail)
        : upgrade,
    invoke: (invoke) =>
      isOn('slowLambda', 'failLambda', 'throttleLambda', 'lateLambda')
        ? faultyInvoke(invoke, { shouldFail, delays, slowMs })
        : invoke,
    counts: () => ({ ...random.counts }),
    close: delays.close,
  };
}
