/**
 * The calls of other sessions on a process, concurrent with those of its main session.
 */
import type { Session } from './history/session.ts';
import { ASKED, type Kind, redrive, stop } from './main-session.ts';
import { isRejectedWith, persist, tolerate } from './persist.ts';

/**
 * - `repeat`: starts the process too, with the same definition and input.
 * - `reject`: the same with REJECT, so it succeeds only as the first start.
 * - `contend`: starts another process under the id.
 * - `read`: reads the state and the documents, again and again.
 * - `watch`: follows it.
 * - `interfere`: stops and redrives when the main session does.
 * - `linger`: the main session itself follows it by another call, from before the stop to the end.
 */
export type Extra = 'repeat' | 'reject' | 'contend' | 'read' | 'watch' | 'interfere' | 'linger';

/** The information that the main session has about the others. */
export type Crowd = {
  /** Whether another session may be first with the id. */
  contends: boolean;
  /** Resolves when the others' starts of another process have settled. */
  contended: Promise<unknown>;
  lingers: boolean;
  /** Called when the main session stops or redrives. */
  stop(): Promise<unknown>;
  redrive(): Promise<unknown>;
  /** Resolves when all of them are done. */
  done: Promise<unknown>;
};

const READS = 3;
const OTHER = { definition: 'six-steps', input: { words: ['another'] } };

/** The actions of other sessions, by process. */
export type CrowdPlan = {
  processId: string;
  kind: Kind;
  extras: readonly Extra[];
  main: Session;
  others: readonly Session[];
};

/** Starts the other sessions. */
export function runCrowd({ processId, kind, extras, main, others }: CrowdPlan): Crowd {
  const { definition, input } = ASKED[kind];
  const sessionOf = (place: number) => others[place % others.length] ?? main;

  /** From whenever it is there. */
  function follow(session: Session): Promise<void> {
    return persist(async () => {
      for await (const _ of session.watch(processId));
    }, isRejectedWith('ProcessNotFound'));
  }

  async function read(session: Session): Promise<void> {
    for (let round = 0; round < READS; round++) {
      await tolerate(session.get(processId), isRejectedWith('ProcessNotFound'));
      await tolerate(session.data(processId), isRejectedWith('ProcessNotFound'));
    }
  }

  function run(extra: Extra, session: Session): Promise<unknown> {
    switch (extra) {
      case 'repeat':
        return tolerate(
          persist(() => session.start(definition, input, { processId })),
          isRejectedWith('ProcessConflict'),
        );
      case 'reject':
        return tolerate(
          session.start(definition, input, { processId, onConflict: 'REJECT' }),
          isRejectedWith('ProcessConflict'),
        );
      case 'contend':
        return tolerate(
          persist(() => session.start(OTHER.definition, OTHER.input, { processId })),
          isRejectedWith('ProcessConflict'),
        );
      case 'read':
        return read(session);
      case 'watch':
        return follow(session);
      case 'linger':
        return follow(main);
      case 'interfere':
        return Promise.resolve();
    }
  }

  const running = extras.map((extra, place) => ({ extra, promise: run(extra, sessionOf(place)) }));
  const contended = Promise.all(
    running.flatMap(({ extra, promise }) => (extra === 'contend' ? promise : [])),
  );
  const done = Promise.all(running.map(({ promise }) => promise));
  // They are awaited later. A failure must not end the run before that.
  done.catch(() => undefined);
  const interferes = extras.indexOf('interfere');
  const interfering = interferes < 0 ? undefined : sessionOf(interferes);
  return {
    contends: extras.includes('contend'),
    contended,
    lingers: extras.includes('linger'),
    stop: async () => interfering && stop(interfering, processId),
    redrive: async () => interfering && redrive(interfering, processId),
    done,
  };
}
