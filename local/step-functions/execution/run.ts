import type { InvokeLambda } from '../../common/invoke-lambda.ts';
import type { JsonObject, JsonValue } from '../../common/json.ts';
import type { Bindings } from '../states-language/reference-path.ts';
import { machineDeleted, runtimeFailure, type StateFailure } from '../states-language/state-failure.ts';
import type { Execution, ExecutionStore } from './execution-store.ts';
import type { Frame } from './frame.ts';
import { type EventDraft, MAX_EVENTS } from './history-event.ts';

/**
 * A running execution: its frames, and their changes and events that are not yet committed.
 *
 * Frames and events change together, in steps without an `await`, so every commit is consistent.
 */
export class Run {
  readonly execution: Execution;
  readonly invokeLambda: InvokeLambda;
  readonly frames: Map<string, Frame>;
  readonly #isDeleted: () => boolean;
  readonly #store: ExecutionStore;
  readonly #end = new AbortController();
  readonly #dirty = new Set<Frame>();
  readonly #left = new Set<string>();
  #events: { id: number; previousEventId: number; timestampMs: number; draft: EventDraft }[] = [];
  #lastEventId: number;
  readonly #enteredMs = new Map<string, number>();

  constructor(
    execution: Execution,
    store: ExecutionStore,
    invokeLambda: InvokeLambda,
    isDeleted: () => boolean,
  ) {
    this.execution = execution;
    this.#isDeleted = isDeleted;
    this.invokeLambda = invokeLambda;
    this.#store = store;
    this.frames = new Map(store.frames(execution.id).map((frame) => [frame.path, frame]));
    this.#lastEventId = store.lastEventId(execution.id);
  }

  /**
   * The failure of the execution at its next transition; undefined while its state machine exists.
   */
  get deletion(): StateFailure | undefined {
    return this.#isDeleted() ? machineDeleted(this.execution.stateMachineName) : undefined;
  }

  /**
   * Aborts when the execution has ended, or continues elsewhere after a restart. From then on this
   * run commits nothing.
   */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /** Stops the run: nothing more is done or committed. */
  end(): void {
    this.#end.abort();
  }

  /**
   * Appends an event and returns its id.
   *
   * Throws when the execution has reached its maximum number of events. One more is reserved for
   * the event that ends it.
   */
  event(draft: EventDraft, previousEventId: number, { isLast = false } = {}): number {
    this.signal.throwIfAborted();
    if (this.#lastEventId >= MAX_EVENTS - 1 && !isLast) {
      throw runtimeFailure(`The execution reached the maximum number of history events (${MAX_EVENTS}).`);
    }
    const id = ++this.#lastEventId;
    this.#events.push({ id, previousEventId, timestampMs: Date.now(), draft });
    return id;
  }

  /**
   * Returns the time of an entry into a state. No two entries into a state share it, as on AWS,
   * where an entry takes longer than a millisecond.
   */
  entryTimeMs(stateName: string): number {
    const timeMs = Math.max(Date.now(), (this.#enteredMs.get(stateName) ?? 0) + 1);
    this.#enteredMs.set(stateName, timeMs);
    return timeMs;
  }

  /** Returns the variables that a frame can read: its own, and those of the frames around it. */
  variablesOf({ path }: Frame): JsonObject {
    const variables: JsonObject = {};
    for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
      Object.assign(variables, this.frames.get(path.slice(0, end + 1))?.variables);
    }
    return variables;
  }

  /** Marks a frame for the next commit. */
  markDirty(frame: Frame): void {
    this.signal.throwIfAborted();
    this.frames.set(frame.path, frame);
    this.#dirty.add(frame);
  }

  /** Deletes the branches or iterations of a frame. */
  dropChildren(frame: Frame): void {
    for (const [path, child] of this.frames) {
      if (path === frame.path || !path.startsWith(frame.path)) continue;
      this.frames.delete(path);
      this.#dirty.delete(child);
      this.#left.add(frame.path);
    }
  }

  /**
   * Commits all changes, together with what `also` writes, in one transaction. `durable` is that of
   * the store.
   */
  commit(also?: () => void, options?: { durable?: boolean }): void {
    this.signal.throwIfAborted();
    this.#store.transaction(() => {
      const { id } = this.execution;
      for (const path of this.#left) this.#store.deleteFramesUnder(id, path);
      for (const frame of this.#dirty) this.#store.saveFrame(id, frame);
      for (const { draft, ...event } of this.#events) {
        this.#store.addEvent(id, { ...event, type: draft.type, details: draft.details ?? null });
      }
      also?.();
    }, options);
    this.#left.clear();
    this.#dirty.clear();
    this.#events = [];
  }
}

/**
 * A sequence of states in a run. `signal` aborts with that of the run, and when a sibling fails.
 */
export type Branch = { run: Run; frame: Frame; signal: AbortSignal };

/** Appends events to a branch, each following the previous one. Throws once it has to stop. */
export function appendEvents({ run, frame, signal }: Branch, ...drafts: EventDraft[]): void {
  signal.throwIfAborted();
  for (const draft of drafts) frame.lastEventId = run.event(draft, frame.lastEventId);
  run.markDirty(frame);
}

/** Returns what paths of the current state refer to besides the data. */
export function bindingsOf(branch: Branch, retryCount?: number): Bindings {
  return { context: contextOf(branch, retryCount), variables: branch.run.variablesOf(branch.frame) };
}

/**
 * Returns the context object, `$$` in paths. States with Retry have the number of retries in it.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
 */
function contextOf({ run: { execution }, frame }: Branch, retryCount?: number): JsonObject {
  const { redriveMs } = execution;
  return {
    Execution: {
      Id: execution.arn,
      Input: JSON.parse(execution.input) as JsonValue,
      StartTime: new Date(execution.startMs).toISOString(),
      Name: execution.name,
      RoleArn: execution.roleArn,
      RedriveCount: execution.redriveCount,
      ...(redriveMs !== null && { RedriveTime: new Date(redriveMs).toISOString() }),
    },
    StateMachine: { Id: execution.stateMachineArn, Name: execution.stateMachineName },
    State: {
      Name: frame.stateName,
      EnteredTime: new Date(frame.enteredAtMs).toISOString(),
      ...(retryCount !== undefined && { RetryCount: retryCount }),
    },
  };
}
