/**
 * The scenarios of the explorer: concurrent calls in phases, with minutes between two phases. Every
 * call of a phase has ended or crashed when the next one begins, because no function runs for
 * minutes.
 */
import { redriveProcess } from '../../api/Mutation.redriveProcess.ts';
import { stopProcess } from '../../api/Mutation.stopProcess.ts';
import { requireState } from '../../api/require-state.ts';
import type { Definition } from '../../core/definitions.ts';
import { listRunning } from '../../core/process-index.ts';
import { readRepair } from '../../core/read-repair.ts';
import type { PublishingServices } from '../../core/services.ts';
import { startProcess } from '../../core/start-process.ts';
import { toProcessState } from '../../core/state.ts';
import { sweepProcess } from '../../events/sweep.ts';
import type { Run } from './actor.ts';

/**
 * A call of one of the facade's functions. `mayFail` names the errors that its caller must expect.
 */
export type Call = {
  name: string;
  owner?: string;
  run: Run;
  /** A start: the process that it returns is accepted. */
  accepts?: true;
  mayFail?: readonly string[];
};

/** Concurrent calls, and how the executions may end meanwhile. */
type Phase = { calls: readonly Call[]; ends?: readonly ('SUCCEEDED' | 'FAILED')[] };

export type Scenario = {
  name: string;
  /** One sentence. */
  about: string;
  phases: readonly Phase[];
  /**
   * The maximum number of crashed calls and deliveries, duplicate events, and stale results of
   * DescribeExecution.
   */
  crashes: number;
  duplicates: number;
  stale: number;
};

/** The one id that all starts use. */
export const PROCESS_ID = '00000000-0000-4000-8000-000000000001';

const A = 'a';
const B = 'b';
const SWEEP_AFTER_MS = 3 * 60_000;

const definition: Definition = {
  ...{
    name: 'order',
    description: null,
    inputSchema: {},
    machine: {},
    steps: ['One'],
    outputStep: 'One',
    starts: {},
  },
};

function start(
  name: string,
  owner: string,
  more: Partial<Call> & { input?: unknown; of?: Definition } = {},
): Call {
  const { input = {}, of = definition, ...rest } = more;
  const process = { owner, processId: PROCESS_ID };
  return {
    name,
    owner,
    run: (services) => startProcess(services, process, of, input, 'JOIN'),
    accepts: true,
    ...rest,
  };
}

function stop(name: string, owner: string): Call {
  const run = (services: PublishingServices) =>
    stopProcess(services, { owner, processId: PROCESS_ID }, 'enough');
  return { name, owner, run, mayFail: ['ProcessNotFound', 'ProcessNotRunning'] };
}

function redrive(name: string, owner: string): Call {
  const run = (services: PublishingServices) => redriveProcess(services, { owner, processId: PROCESS_ID });
  return { name, owner, run, mayFail: ['ProcessNotFound', 'NotRedrivable'] };
}

function read(name: string, owner: string): Call {
  const process = { owner, processId: PROCESS_ID };
  const run = async (services: PublishingServices) => {
    const record = await requireState(services.bucket, owner, PROCESS_ID);
    return toProcessState(await readRepair(services, process, record));
  };
  return { name, owner, run, mayFail: ['ProcessNotFound'] };
}

/**
 * One round of the sweep, without its cursor: it checks every process that has been marked as
 * running for minutes.
 */
export function sweep(name: string): Call {
  const run = async (services: PublishingServices) => {
    const { running } = await listRunning(services.bucket, undefined, 100);
    for (const { process, since } of running) {
      if (services.now().getTime() - since.getTime() > SWEEP_AFTER_MS) await sweepProcess(services, process);
    }
  };
  return { name, run };
}

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'repeated-start',
    about: 'a start that may crash, repeated minutes later with two concurrent sweeps',
    phases: [
      { calls: [start('the first start', A)] },
      {
        calls: [start('the repeated start', A), sweep('a sweep'), sweep('another sweep')],
        ends: ['SUCCEEDED'],
      },
    ],
    ...{ crashes: 1, duplicates: 0, stale: 1 },
  },
  {
    name: 'two-owners',
    about: 'two owners start processes with the same id, one of them repeats, concurrent with a sweep',
    phases: [
      { calls: [start('the start of b', B)] },
      { calls: [start('the start of a', A), start('the repeated start of a', A), sweep('a sweep')] },
      { calls: [read('a read of b', B), stop('a stop of a', A)] },
    ],
    ...{ crashes: 2, duplicates: 0, stale: 0 },
  },
  {
    name: 'start-stop-event',
    about: 'a start, a stop of the same process, and the events of both in any order',
    phases: [
      { calls: [start('the start', A), stop('a stop', A), stop('another stop', A)], ends: ['SUCCEEDED'] },
      { calls: [sweep('a sweep'), stop('a late stop', A)] },
    ],
    ...{ crashes: 1, duplicates: 1, stale: 1 },
  },
  {
    name: 'redrive',
    about: 'a redrive concurrent with the late event of the failure and a sweep',
    phases: [
      { calls: [start('the start', A)], ends: ['FAILED'] },
      { calls: [read('a read', A)] },
      { calls: [redrive('a redrive', A), sweep('a sweep')], ends: ['SUCCEEDED'] },
      { calls: [sweep('a later sweep')] },
    ],
    ...{ crashes: 1, duplicates: 1, stale: 0 },
  },
  {
    name: 'two-redrives',
    about: 'two redrives of one failure, and the execution ends at once',
    phases: [
      { calls: [start('the start', A)], ends: ['FAILED'] },
      { calls: [read('a read', A)] },
      { calls: [redrive('a redrive', A), redrive('another redrive', A)], ends: ['FAILED'] },
      { calls: [redrive('a later redrive', A), sweep('a sweep')] },
    ],
    ...{ crashes: 1, duplicates: 0, stale: 0 },
  },
  {
    name: 'read-repair',
    about: 'two reads with DescribeExecution, concurrent with the event of the end and a sweep',
    phases: [
      { calls: [start('the start', A)] },
      { calls: [read('a read', A), read('another read', A), sweep('a sweep')], ends: ['SUCCEEDED'] },
    ],
    ...{ crashes: 1, duplicates: 1, stale: 2 },
  },
  {
    name: 'different-starts',
    about: 'starts of one id with another input and another definition, repeated concurrently with a sweep',
    phases: [
      { calls: [start('the start', A, { mayFail: ['ProcessConflict'] })] },
      {
        calls: [
          start('a start with another input', A, { input: { n: 2 }, mayFail: ['ProcessConflict'] }),
          start('a start of another definition', A, {
            of: { ...definition, name: 'shipping' },
            mayFail: ['ProcessConflict'],
          }),
          sweep('a sweep'),
        ],
        ends: ['SUCCEEDED'],
      },
    ],
    ...{ crashes: 2, duplicates: 0, stale: 0 },
  },
];

/** Too many concurrent calls to explore every order. */
export const CROWDS: readonly Scenario[] = [
  {
    name: 'starts-and-sweeps',
    about: 'starts of two owners, their repeats, stops and sweeps',
    phases: [
      { calls: [start('a start of a', A), start('a start of b', B), start('a repeat of a', A)] },
      {
        calls: [
          start('a late repeat of a', A),
          start('another late repeat of a', A),
          start('a late repeat of b', B),
          stop('a stop of a', A),
          sweep('a sweep'),
          sweep('another sweep'),
        ],
        ends: ['FAILED', 'SUCCEEDED'],
      },
    ],
    ...{ crashes: 3, duplicates: 2, stale: 2 },
  },
  {
    name: 'redrives-and-reads',
    about: 'redrives, reads, late events and sweeps of a process that fails twice',
    phases: [
      { calls: [start('the start', A), start('a repeat', A)], ends: ['FAILED'] },
      { calls: [read('a read', A), sweep('a sweep')] },
      {
        calls: [
          redrive('a redrive', A),
          redrive('another redrive', A),
          read('a read', A),
          sweep('a sweep'),
          start('a late repeat', A),
        ],
        ends: ['FAILED'],
      },
      { calls: [redrive('a later redrive', A), sweep('a sweep'), read('a read', A)], ends: ['SUCCEEDED'] },
    ],
    ...{ crashes: 3, duplicates: 2, stale: 2 },
  },
];
