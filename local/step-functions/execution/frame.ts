import type { JsonValue } from '../../common/json.ts';
import type { FailureRecord } from '../states-language/state-failure.ts';

/**
 * Where one line of states stands: the execution itself, a branch of a Parallel, or an iteration of
 * a Map. Frames are what an execution is continued from after a crash and by a redrive, so a state
 * that is done is never run again.
 */
export type Frame = {
  /** `/` for the execution; a branch or iteration adds its index: `/2/`, `/2/0/`. */
  path: string;
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED';
  /** The state that the line is in. */
  stateName: string;
  /** What the state got; once SUCCEEDED, null. */
  input: JsonValue;
  enteredAtMs: number;
  enteredEventId: number;
  /** The history event that the next one of this line follows. */
  lastEventId: number;
  /**
   * Attempts at the state that were begun since it was entered or redriven, and how the earlier
   * ones failed.
   */
  attemptsBegun: number;
  failures: FailureRecord[];
  /** When a Wait is over. */
  waitUntilMs: number | null;
  /** Of a line that SUCCEEDED. */
  output: JsonValue;
  /** Of a line that FAILED. */
  failure: FailureRecord | null;
};

/** A frame before its first state. */
export function newFrame(path: string, lastEventId: number): Frame {
  return {
    path,
    status: 'RUNNING',
    stateName: '',
    input: null,
    enteredAtMs: 0,
    enteredEventId: 0,
    lastEventId,
    attemptsBegun: 0,
    failures: [],
    waitUntilMs: null,
    output: null,
    failure: null,
  };
}

/** The path of a branch or iteration. */
export function childPath({ path }: Frame, index: number): string {
  return `${path}${index}/`;
}

/**
 * The frames of an unsuccessful execution as a redrive goes on from them: what SUCCEEDED stays so,
 * every other line is in its state again, with the attempts counted from zero. `lastEventId` is the
 * event of the redrive.
 *
 * A state that failed over the size of its own output is run again with all of its branches or
 * iterations.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html#redrive-behavior-states
 */
export function redriven(frames: Frame[], lastEventId: number): Frame[] {
  const isRestarted = (frame: Frame) => {
    const children = frames.filter(({ path }) => path.startsWith(frame.path) && path !== frame.path);
    return children.every(({ status }) => status === 'SUCCEEDED');
  };
  const restarted = frames.filter((frame) => frame.status !== 'SUCCEEDED' && isRestarted(frame));
  return frames
    .filter(({ path }) => !restarted.some((parent) => path.startsWith(parent.path) && path !== parent.path))
    .map((frame) => {
      if (frame.status === 'SUCCEEDED') return frame;
      const attemptsBegun = restarted.includes(frame) ? 0 : 1;
      return {
        ...frame,
        status: 'RUNNING',
        lastEventId,
        attemptsBegun,
        failures: [],
        waitUntilMs: null,
        failure: null,
      };
    });
}
