/**
 * A client that records every call.
 */
import {
  type ProcessClient,
  type ProcessData,
  ProcessEndedError,
  type ProcessUpdate,
  RequestError,
} from '../../../client/index.ts';
import { type Call, type Documents, documentName, type History, type Settled } from './history.ts';

/** The calls that are recorded; the same as the client's. */
export type Session = Pick<ProcessClient, Call>;

/** Returns a client whose calls are recorded under the name of the session. */
export function recordSession(history: History, session: string, client: ProcessClient): Session {
  async function record<Result>(
    op: number,
    call: () => Promise<Result>,
    toSettled: (result: Result) => Partial<Settled>,
  ): Promise<Result> {
    try {
      const result = await call();
      history.settle(op, { type: 'succeeded', ...toSettled(result) });
      return result;
    } catch (error) {
      history.settle(op, settledBy(error));
      throw error;
    }
  }

  /** Calls that return a state. */
  const simple = (call: Call) =>
    ((processId: string, options?: object) =>
      record(
        history.invoke(session, call, processId),
        () => client[call as 'get'](processId, options),
        (state) => ({ state }),
      )) satisfies ProcessClient['get'];

  const recordUpdate = (op: number, update: ProcessUpdate) =>
    history.update(op, update.kind === 'state' ? { state: update.state } : { step: update.step });

  return {
    get: simple('get'),
    stop: simple('stop'),
    redrive: simple('redrive'),
    wait: simple('wait'),
    start(definition, input, options = {}) {
      const { processId = crypto.randomUUID(), onConflict = 'JOIN' } = options;
      const op = history.invoke(session, 'start', processId, { definition, input, onConflict });
      return record(
        op,
        () => client.start(definition, input, { ...options, processId }),
        (state) => ({ state }),
      );
    },
    data: (processId, options) =>
      record(
        history.invoke(session, 'data', processId),
        () => client.data(processId, options),
        (data) => ({ documents: toDocuments(data) }),
      ),
    run<Output>(definition: string, input: unknown, options: Parameters<ProcessClient['run']>[2] = {}) {
      const { processId = crypto.randomUUID(), onConflict = 'JOIN' } = options;
      const op = history.invoke(session, 'run', processId, { definition, input, onConflict });
      const onUpdate = (update: ProcessUpdate) => {
        recordUpdate(op, update);
        options.onUpdate?.(update);
      };
      return record(
        op,
        () => client.run<Output>(definition, input, { ...options, processId, onUpdate }),
        (output) => ({ output }),
      );
    },
    async *watch(processId, options) {
      const op = history.invoke(session, 'watch', processId);
      try {
        for await (const update of client.watch(processId, options)) {
          recordUpdate(op, update);
          yield update;
        }
        history.settle(op, { type: 'succeeded' });
      } catch (error) {
        history.settle(op, settledBy(error));
        throw error;
      }
    },
  };
}

function settledBy(error: unknown): Omit<Settled, 'op' | 'atMs'> {
  if (error instanceof ProcessEndedError) return { type: 'succeeded', state: error.state };
  if (!(error instanceof RequestError)) return { type: 'failed', error: String(error) };
  return { type: error.retryable ? 'unknown' : 'failed', error: error.errorType };
}

function toDocuments({ input, steps, output }: ProcessData): Documents {
  return {
    input: input.content,
    steps: Object.fromEntries(steps.map((document) => [documentName(document), document.content])),
    output: output?.content ?? null,
  };
}
