import type { JsonObject, JsonValue } from '../../common/json.ts';
import type { FailureRecord } from '../states-language/state-failure.ts';

/**
 * The progress of one sequence of states: the execution itself, a branch of a Parallel, or an
 * iteration of a Map. A crash or a redrive continues an execution from its frames, so a completed
 * state never runs again.
 */
export type Frame = {
  /** `/` for the execution; a branch or iteration adds its index: `/2/`, `/2/0/`. */
  path: string;
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED';
  /** The current state. */
  stateName: string;
  /** The input of the state; null once SUCCEEDED. */
  input: JsonValue;
  enteredAtMs: number;
  enteredEventId: number;
  /** The history event that the next one of this frame follows. */
  lastEventId: number;
  /**
   * The number of attempts at the state since it was entered or redriven, and the failures of the
   * earlier ones.
   */
  attemptsBegun: number;
  failures: FailureRecord[];
  /** The variables that its states have assigned. It reads those of the frames around it, too. */
  variables: JsonObject;
  /** When a Wait ends. */
  waitUntilMs: number | null;
  /** Set once SUCCEEDED. */
  output: JsonValue;
  /** Set once FAILED. */
  failure: FailureRecord | null;
};

/** Returns a frame before its first state. */
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
    variables: {},
    waitUntilMs: null,
    output: null,
    failure: null,
  };
}

/** Returns the path of a branch or iteration. */
export function childPath({ path }: Frame, index: number): string {
  return `${path}${index}/`;
}

/**
 * Returns the frames from which a redrive continues an unsuccessful execution. SUCCEEDED frames
 * stay as they are. Every other frame re-enters its state, with attempts counted from zero.
 * `lastEventId` is the event of the redrive.
 *
 * A state that failed because of the size of its own output runs again with all of its branches or
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
