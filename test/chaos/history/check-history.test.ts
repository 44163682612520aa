/**
 * For each rule a history that breaks it, written by hand, and histories that look odd and are
 * right.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ProcessState, ProcessStep } from '../../../client/index.ts';
import { checkHistory } from './check-history.ts';
import { type Asked, type Call, History, type HistoryEvent, readHistory, writeHistory } from './history.ts';
import type { Violation } from './operations.ts';
import { storyOf } from './story.ts';

const ID = '0a1b2c3d-0000-4000-8000-000000000000';
const ASKED: Asked = { definition: 'order', input: { item: 1 }, onConflict: 'JOIN' };
const OTHER: Asked = { ...ASKED, input: { item: 2 } };
const REJECT: Asked = { ...ASKED, onConflict: 'REJECT' };

/** A state of the process; by default the first. */
function state(version = 1, changes: Partial<ProcessState> = {}): ProcessState {
  const startedAt = '2026-01-01T00:00:00.000Z';
  return {
    ...{ processId: ID, owner: 'api-key', definition: 'order', status: 'RUNNING', version, startedAt },
    ...{ stoppedAt: null, error: null, cause: null, stepsDone: 0, stepsTotal: 2, ...changes },
  };
}

const FIRST: ProcessStep = {
  ...{ processId: ID, owner: 'api-key', step: 'First', part: null, bytes: 1 },
  writtenAt: '2026-01-01T00:00:01.000Z',
};
const aborted = (version: number) => state(version, { status: 'ABORTED', error: 'Stopped' });
const succeeded = (version: number) => state(version, { status: 'SUCCEEDED', stepsDone: 2 });
const documents = (steps: Record<string, unknown>, output: unknown = null, input: unknown = ASKED.input) => ({
  documents: { input, steps, output },
});

/** Writes a history, one line at a time. */
class Script extends History {
  begin(session: string, call: Call, asked?: Asked): number {
    return this.invoke(session, call, ID, asked);
  }

  returns(op: number, given: ProcessState | ReturnType<typeof documents> | { output: unknown }): void {
    if ('version' in given) this.settle(op, { type: 'succeeded', state: given });
    else this.settle(op, { type: 'succeeded', ...given });
  }

  fails(op: number, error: string): void {
    this.settle(op, { type: 'failed', error });
  }

  givesUp(op: number): void {
    this.settle(op, { type: 'unknown', error: 'NetworkError' });
  }

  /** A call that returns before anything else happens. */
  call(session: string, call: Call, given: Parameters<Script['returns']>[1] | string, asked?: Asked): void {
    const op = this.begin(session, call, asked);
    if (typeof given === 'string') this.fails(op, given);
    else this.returns(op, given);
  }

  /** A stream that receives these states and ends. */
  stream(session: string, call: 'watch' | 'run', ...states: ProcessState[]): void {
    const op = this.begin(session, call, call === 'run' ? ASKED : undefined);
    for (const each of states) this.update(op, { state: each });
    this.settle(op, { type: 'succeeded' });
  }

  /** The usual beginning: accepted, in version 1. */
  started(): this {
    this.call('a', 'start', state(), ASKED);
    return this;
  }

  /** The same, and stopped: ABORTED in version 2. */
  stopped(): this {
    this.started().call('a', 'stop', aborted(2));
    return this;
  }
}

function rulesBrokenBy(events: readonly HistoryEvent[]): string[] {
  return [...new Set(checkHistory(events).map(({ rule }) => rule))];
}

/** The lines of a violation's operations alone. */
function subHistory({ operations }: Violation): HistoryEvent[] {
  return operations
    .flatMap(({ lines }) => lines)
    .sort((a, b) => a.at - b.at)
    .map(({ event }) => event);
}

type Case = [story: string, write: (script: Script) => void];

const broken: Record<string, Case[]> = {
  'settles once': [
    ['a call never settles', (script) => script.begin('a', 'start', ASKED)],
    [
      'a call settles twice',
      (script) => {
        const op = script.begin('a', 'start', ASKED);
        script.returns(op, state());
        script.fails(op, 'ProcessConflict');
      },
    ],
    [
      'an update comes after the call has settled',
      (script) => {
        script.started().stream('a', 'watch', state(), succeeded(2));
        script.update(2, { state: succeeded(2) });
      },
    ],
  ],
  'only named errors': [
    ['a read fails with an internal error that is final', (script) => script.call('a', 'get', 'TypeError')],
  ],
  'one id is one process': [
    ['two inputs are accepted under one id', (script) => script.started().call('b', 'start', state(), OTHER)],
  ],
  'REJECT starts at most once': [
    [
      'two starts are both the first',
      (script) => {
        const [one, two] = [script.begin('a', 'start', REJECT), script.begin('b', 'start', REJECT)];
        script.returns(one, state());
        script.returns(two, state());
      },
    ],
    [
      'a start is the first after another was accepted',
      (script) => script.started().call('b', 'start', state(), REJECT),
    ],
  ],
  'a start may be repeated': [
    [
      'the same start is a conflict',
      (script) => script.started().call('b', 'start', 'ProcessConflict', ASKED),
    ],
  ],
  'a conflict has a cause': [
    ['the only start is a conflict', (script) => script.call('a', 'start', 'ProcessConflict', REJECT)],
    [
      'the other start comes later',
      (script) => {
        script.call('a', 'start', 'ProcessConflict', OTHER);
        script.started();
      },
    ],
  ],
  'nothing comes from nothing': [
    ['a process is there that nobody started', (script) => script.call('a', 'get', state())],
  ],
  'accepted means present': [
    [
      'an accepted process is not found by another session',
      (script) => script.started().call('b', 'get', 'ProcessNotFound'),
    ],
    [
      'a process that was read cannot be stopped',
      (script) => {
        script.givesUp(script.begin('a', 'start', ASKED));
        script.call('b', 'get', state());
        script.call('a', 'stop', 'ProcessNotFound');
      },
    ],
  ],
  'a version is one state': [
    [
      'two ends have one version',
      (script) => {
        script.stopped().call('b', 'get', succeeded(2));
      },
    ],
  ],
  'a process stays the same': [
    [
      'it was removed and started again',
      (script) => script.stopped().call('b', 'get', { ...aborted(3), startedAt: 'later' }),
    ],
  ],
  'a session never goes back': [
    ['a session reads an older version than before', (script) => script.stopped().call('a', 'get', state())],
    [
      'a wait ends with the end that a redrive had left',
      (script) => {
        script.stopped().call('a', 'redrive', state(3));
        script.call('a', 'wait', aborted(2));
      },
    ],
    [
      'a watch begins with an old state',
      (script) => script.stopped().stream('a', 'watch', state(), aborted(2)),
    ],
  ],
  'a read is not stale': [
    ['another session reads the past', (script) => script.stopped().call('b', 'get', state())],
    [
      'another session waits to an end that is over',
      (script) => {
        script.stopped().call('a', 'redrive', state(3));
        script.call('b', 'wait', aborted(2));
      },
    ],
  ],
  'streams rise': [
    [
      'a stream repeats itself',
      (script) => script.started().stream('b', 'watch', state(), state(), succeeded(2)),
    ],
    [
      'a stream falls back',
      (script) => {
        const watch = script.begin('b', 'watch');
        script.stopped().call('a', 'redrive', state(3));
        for (const each of [state(3), aborted(2)]) script.update(watch, { state: each });
        script.settle(watch, { type: 'succeeded' });
      },
    ],
  ],
  'progress does not fall': [
    [
      'a step is undone',
      (script) => {
        script.started().call('a', 'get', state(1, { stepsDone: 2 }));
        script.call('b', 'get', state(1, { stepsDone: 1 }));
      },
    ],
  ],
  'a process begins RUNNING': [
    ['version 1 is an end', (script) => script.call('a', 'start', succeeded(1), ASKED)],
  ],
  'only a stop aborts': [
    ['nobody stops', (script) => script.started().call('a', 'get', aborted(2))],
    [
      'the stop comes later',
      (script) => {
        script.started().call('a', 'get', aborted(2));
        script.call('a', 'stop', 'ProcessNotRunning');
      },
    ],
  ],
  'a success is final': [
    [
      'a redrive leaves a success',
      (script) => {
        script.started().call('a', 'get', succeeded(2));
        script.call('a', 'redrive', state(3));
      },
    ],
  ],
  'only a redrive leaves an end': [
    ['it runs again by itself', (script) => script.stopped().call('a', 'get', state(3))],
    [
      'it runs again twice after one redrive',
      (script) => {
        script.stopped().call('a', 'redrive', state(3));
        script.call('a', 'stop', aborted(4));
        script.call('a', 'get', state(5));
      },
    ],
  ],
  'a running process can be stopped': [
    [
      'a stop is rejected while it runs',
      (script) => {
        script.started().call('a', 'stop', 'ProcessNotRunning');
        script.call('a', 'get', state());
      },
    ],
  ],
  'a stop ends the run': [
    [
      'it runs on',
      (script) => {
        script.started().call('a', 'stop', state());
        script.call('b', 'get', state());
      },
    ],
  ],
  'a failed process can be redriven': [
    [
      'a redrive is rejected',
      (script) => {
        script.stopped().call('a', 'redrive', 'NotRedrivable');
        script.call('a', 'get', aborted(2));
      },
    ],
  ],
  'a redrive leaves the end': [
    ['nothing changes', (script) => script.stopped().call('a', 'redrive', aborted(2))],
  ],
  'a call that follows ends with the end': [
    ['a wait returns early', (script) => script.started().call('a', 'wait', state())],
    ['a watch is over early', (script) => script.started().stream('a', 'watch', state())],
    [
      'a watch receives more after the end',
      (script) => {
        script.stopped();
        const watch = script.begin('b', 'watch');
        script.call('a', 'redrive', state(3));
        for (const each of [aborted(2), state(3)]) script.update(watch, { state: each });
        script.settle(watch, { type: 'succeeded' });
      },
    ],
    [
      'a run succeeds after it received an abort',
      (script) => {
        const run = script.begin('a', 'run', ASKED);
        const stop = script.begin('b', 'stop');
        script.update(run, { state: aborted(2) });
        script.returns(run, { output: 1 });
        script.returns(stop, aborted(2));
      },
    ],
  ],
  'the input is what was asked for': [
    [
      'another input is stored',
      (script) => script.started().call('a', 'data', documents({}, null, OTHER.input)),
    ],
  ],
  'a document is written once': [
    [
      'a document vanishes',
      (script) => {
        script.started().call('a', 'data', documents({ Price: 1 }));
        script.call('b', 'data', documents({}));
      },
    ],
    [
      'a document changes',
      (script) => {
        script.started().call('a', 'data', documents({ Price: 1 }));
        script.call('b', 'data', documents({ Price: 2 }));
      },
    ],
  ],
  'a success has its output': [
    [
      'it is missing',
      (script) => {
        script.started().call('a', 'get', succeeded(2));
        script.call('b', 'data', documents({}));
      },
    ],
    [
      'a run returns another',
      (script) => {
        const run = script.begin('a', 'run', ASKED);
        script.update(run, { state: succeeded(2) });
        script.returns(run, { output: 1 });
        script.call('b', 'data', documents({ Last: 2 }, 2));
      },
    ],
  ],
  'a stream reports each document once': [
    [
      'one is reported twice',
      (script) => {
        script.started();
        const watch = script.begin('b', 'watch');
        for (const step of [FIRST, FIRST]) script.update(watch, { step });
        script.update(watch, { state: succeeded(2) });
        script.settle(watch, { type: 'succeeded' });
      },
    ],
    [
      'a late watch does not report what was there',
      (script) => {
        script.stopped().call('a', 'data', documents({ First: 1 }));
        script.stream('b', 'watch', aborted(2));
      },
    ],
    [
      'a success ends before everything is reported',
      (script) => {
        script.started().stream('b', 'watch', state(), succeeded(2));
        script.call('a', 'data', documents({ First: 1 }, 1));
      },
    ],
  ],
};

describe.each(Object.entries(broken))('the rule “%s”', (rule, cases) => {
  it.each(cases)('is broken where %s, and the story alone shows it', (_, write) => {
    const script = new Script();
    write(script);
    const violations = checkHistory(script.events);
    expect(rulesBrokenBy(script.events)).toContain(rule);
    const violation = violations.find((each) => each.rule === rule) as Violation;
    const alone = subHistory(violation);
    expect(rulesBrokenBy(alone)).toContain(rule);
    expect(storyOf(violation)).toHaveLength(2 + alone.length);
  });
});

const right: Case[] = [
  [
    'a life with an abort, a redrive and a success, seen by three sessions',
    (script) => {
      script.started().call('b', 'start', state(), ASKED);
      script.call('b', 'start', 'ProcessConflict', OTHER);
      script.call('c', 'start', 'ProcessConflict', REJECT);
      const watch = script.begin('c', 'watch');
      script.update(watch, { state: state() });
      script.update(watch, { step: FIRST });
      script.update(watch, { state: state(1, { stepsDone: 1 }) });
      script.call('a', 'redrive', 'NotRedrivable');
      script.call('a', 'stop', state());
      script.update(watch, { state: aborted(2) });
      script.settle(watch, { type: 'succeeded' });
      script.call('b', 'stop', 'ProcessNotRunning');
      script.call('b', 'data', documents({ First: 1 }));
      script.call('b', 'redrive', state(3));
      script.call('a', 'wait', succeeded(4));
      script.call('c', 'data', documents({ First: 1, Last: 2 }, 2));
      script.call('b', 'start', succeeded(4), ASKED);
      script.call('b', 'redrive', 'NotRedrivable');
    },
  ],
  [
    'a start that gave up takes effect after a reader found nothing, and makes another a conflict',
    (script) => {
      script.givesUp(script.begin('a', 'start', ASKED));
      script.call('b', 'get', 'ProcessNotFound');
      script.call('b', 'start', 'ProcessConflict', OTHER);
      script.call('a', 'start', state(), ASKED);
    },
  ],
  [
    'a conflict with a start that is still under way, whose process is not there yet',
    (script) => {
      const start = script.begin('a', 'start', ASKED);
      script.call('b', 'start', 'ProcessConflict', REJECT);
      script.call('b', 'get', 'ProcessNotFound');
      script.returns(start, state());
    },
  ],
  [
    'reads that overlap in time may be given different versions in any order',
    (script) => {
      script.started();
      const [stop, read] = [script.begin('a', 'stop'), script.begin('b', 'get')];
      script.returns(stop, aborted(2));
      script.returns(read, state());
    },
  ],
  [
    'a stream that is behind what a read has already given',
    (script) => {
      script.started();
      const watch = script.begin('b', 'watch');
      script.call('b', 'stop', aborted(2));
      script.update(watch, { state: state() });
      script.update(watch, { state: aborted(2) });
      script.settle(watch, { type: 'succeeded' });
    },
  ],
  [
    'a watch joins another of its client, which does not know yet what another client has done',
    (script) => {
      script.started();
      const watches = [script.begin('b', 'watch')];
      script.call('a', 'stop', aborted(2));
      watches.push(script.begin('b', 'watch'));
      for (const each of [state(), aborted(2)]) {
        for (const watch of watches) script.update(watch, { state: each });
      }
      for (const watch of watches) script.settle(watch, { type: 'succeeded' });
    },
  ],
  [
    'a stop that another client was faster with, and a watch that joins one which has not heard of it',
    (script) => {
      script.started();
      const watches = [script.begin('a', 'watch')];
      const stop = script.begin('a', 'stop');
      script.call('b', 'stop', aborted(2));
      script.fails(stop, 'ProcessNotRunning');
      watches.push(script.begin('a', 'watch'));
      for (const each of [state(), aborted(2)]) {
        for (const watch of watches) script.update(watch, { state: each });
      }
      for (const watch of watches) script.settle(watch, { type: 'succeeded' });
    },
  ],
  [
    'two redrives at once, both accepted, and one new run',
    (script) => {
      script.stopped();
      const [one, two] = [script.begin('a', 'redrive'), script.begin('b', 'redrive')];
      script.returns(one, state(3));
      script.returns(two, state(3));
    },
  ],
  [
    'a stop that is rejected because the process ended meanwhile',
    (script) => {
      script.started();
      const stop = script.begin('a', 'stop');
      script.call('b', 'get', succeeded(2));
      script.fails(stop, 'ProcessNotRunning');
    },
  ],
  [
    'a start that broke off, is ended by the sweep and started again',
    (script) => {
      script.givesUp(script.begin('a', 'start', ASKED));
      script.call('b', 'get', state(2, { status: 'FAILED', error: 'NotStarted' }));
      script.call('b', 'redrive', 'NotRedrivable');
      script.call('a', 'start', state(3), ASKED);
    },
  ],
];

describe('a history that is right', () => {
  it.each(right)('is accepted: %s', (_, write) => {
    const script = new Script();
    write(script);
    expect(checkHistory(script.events).map((each) => storyOf(each).join('\n'))).toEqual([]);
  });
});

describe('a violation', () => {
  it('reads as a story, the shortest first', () => {
    const script = new Script();
    script.stopped().call('b', 'get', state());
    script.call('b', 'get', 'ProcessNotFound');
    const [violation] = checkHistory(script.events);
    expect(storyOf(violation as Violation).map((line) => line.replace(/^ +[\d.]+ s/, 't'))).toEqual([
      'VIOLATION   accepted means present: a process that had been accepted was not found',
      `            process ${ID}`,
      't  a        start #1       is called: order {"item":1}',
      't  a        start #1       returns version 1: RUNNING, 0 steps done',
      't  b        get #4         is called',
      't  b        get #4         fails: ProcessNotFound',
    ]);
  });
});

describe('a history in a file', () => {
  it('is the same when it is read again', () => {
    const folder = mkdtempSync(join(tmpdir(), 'facade-history-'));
    try {
      const script = new Script();
      right[0]?.[1](script);
      writeHistory(join(folder, 'history.jsonl'), script.events);
      expect(readHistory(join(folder, 'history.jsonl'))).toEqual(script.events);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
