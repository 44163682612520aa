/**
 * The rules that hold in every order. Each rule is checked as early as a violation is visible.
 */
import { stateKey } from '../../core/keys.ts';
import { isAbandonedStart, isTerminal, type StateRecord } from '../../core/state.ts';
import { PROCESS_ID } from './scenarios.ts';
import type { State } from './state.ts';
import type { Execution, Response, World } from './world.ts';

export const INVARIANTS = {
  'one-execution': 'an accepted process has exactly one execution',
  'record-is-true': 'after the last fault and one sweep, its record is what Step Functions holds',
  'end-is-published': 'its end was published, after it was recorded',
  'nothing-removed': 'nothing of an accepted process is removed',
  'owners-apart': 'no owner reads, changes or learns of what belongs to another',
  'versions-rise': 'versions only rise, and one version is one state',
  'terminal-stays': 'a terminal state is left only by a redrive',
  'no-surprise': 'a call fails only with an error that its caller has to expect',
} as const;

/** A broken rule: its name and the observation. */
export type Violation = { invariant: keyof typeof INVARIANTS; seen: string };

const OWNERS = ['a', 'b'];

/** Returns the rules that one step of an exploration broke. */
export function checkStep(before: State, after: State): Violation | undefined {
  return (
    checkRemoved(before, after) ??
    checkNotStarted(after.world) ??
    checkRecords(before.world, after.world) ??
    checkPublished(before, after)
  );
}

/** Returns what a response reveals to a caller about another owner's process. */
export function checkResponse(owner: string | undefined, response: Response): Violation | undefined {
  if (owner === undefined || !('value' in response)) return undefined;
  const text = JSON.stringify(response.value);
  const other = OWNERS.find((each) => each !== owner && text.includes(`processes/${each}/`));
  return other === undefined
    ? undefined
    : { invariant: 'owners-apart', seen: `a call of ${owner} was shown ${text}` };
}

/**
 * Returns the violations in a quiet state: no call is pending, every event was delivered or lost,
 * and a sweep has run.
 */
export function checkQuiet({ world, accepted }: State): Violation | undefined {
  for (const process of accepted) {
    const owner = process.split('/')[0] ?? '';
    const executions = executionsOf(world, owner);
    const [execution] = executions;
    if (!execution || executions.length > 1) {
      return { invariant: 'one-execution', seen: `${process} has ${executions.length}` };
    }
    const record = recordOf(world, owner);
    if (record?.status !== execution.status || record.redriveCount !== execution.redriveCount) {
      const recorded = record ? `${record.status}, run ${record.redriveCount}` : 'nothing';
      return {
        invariant: 'record-is-true',
        seen: `${process} is ${execution.status}, run ${execution.redriveCount}; recorded is ${recorded}`,
      };
    }
    const line = `${owner} ${PROCESS_ID} ${record.version} ${record.status}`;
    if (isTerminal(record.status) && !world.published.includes(line)) {
      return { invariant: 'end-is-published', seen: `never published: ${line}` };
    }
  }
  return undefined;
}

/** Returns the executions that are still running. */
export function runningExecutions(world: World): string[] {
  return Object.entries(world.executions).flatMap(([arn, { status }]) => (status === 'RUNNING' ? [arn] : []));
}

function executionsOf(world: World, owner: string): Execution[] {
  return Object.values(world.executions).filter(({ input }) =>
    input.includes(`processes/${owner}/${PROCESS_ID}`),
  );
}

function recordOf(world: World, owner: string): StateRecord | undefined {
  const stored = world.objects[stateKey({ owner, processId: PROCESS_ID })];
  return stored && (JSON.parse(stored.text) as StateRecord);
}

function checkRemoved({ world: before, accepted }: State, { world: after }: State): Violation | undefined {
  if (before.objects === after.objects) return undefined;
  for (const key of Object.keys(before.objects)) {
    if (key in after.objects || !/^(processes|index)\//.test(key)) continue;
    const process = accepted.find((each) => key.split('/')[1] === each.split('/')[0]);
    if (process) return { invariant: 'nothing-removed', seen: `${key} of ${process}` };
  }
  return undefined;
}

function checkRecords(before: World, after: World): Violation | undefined {
  if (before.objects === after.objects) return undefined;
  for (const owner of OWNERS) {
    const was = recordOf(before, owner);
    const is = recordOf(after, owner);
    if (!was || !is) continue;
    const seen = `version ${was.version} ${was.status} was followed by version ${is.version} ${is.status}`;
    const isSame = was.status === is.status && was.redriveCount === is.redriveCount;
    if (is.version < was.version || (is.version === was.version) !== isSame) {
      return { invariant: 'versions-rise', seen };
    }
    if (isTerminal(was.status) && !isTerminal(is.status) && is.redriveCount <= was.redriveCount) {
      return { invariant: 'terminal-stays', seen };
    }
    if (isTerminal(was.status) && isTerminal(is.status) && !isSame && !isAbandonedStart(was)) {
      if (is.redriveCount <= was.redriveCount) return { invariant: 'terminal-stays', seen };
    }
  }
  return undefined;
}

/** No caller gets NotStarted for a process whose execution exists. */
function checkNotStarted(world: World): Violation | undefined {
  for (const owner of OWNERS) {
    const record = recordOf(world, owner);
    if (record && isAbandonedStart(record) && executionsOf(world, owner).length > 0) {
      return {
        invariant: 'record-is-true',
        seen: `the process of ${owner} is NotStarted, and has an execution`,
      };
    }
  }
  return undefined;
}

/**
 * Pushes contain recorded states only: a version that is not recorded yet is never pushed.
 */
function checkPublished({ world: before }: State, { world: after }: State): Violation | undefined {
  if (before.published === after.published) return undefined;
  const line = after.published.find((each) => !before.published.includes(each)) ?? '';
  const [owner = '', , version = '0', status] = line.split(' ');
  const record = recordOf(after, owner);
  const isRecorded =
    record &&
    (record.version > Number(version) || (record.version === Number(version) && record.status === status));
  return isRecorded
    ? undefined
    : { invariant: 'end-is-published', seen: `published before it was recorded: ${line}` };
}
