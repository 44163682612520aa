/**
 * A function of the facade as an automaton. Its next requests depend only on the responses so far,
 * so it runs once for each sequence of responses. After that the explorer reads the next requests
 * from here without running it.
 */
import type { S3Client } from '@aws-sdk/client-s3';
import type { SFNClient } from '@aws-sdk/client-sfn';
import type { PublishingServices } from '../../core/services.ts';
import { type Request, type Response, settle } from './world.ts';

/** The body of a function, given its services. */
export type Run = (services: PublishingServices) => Promise<unknown>;

/** The result or error of a function. */
type Result = { value: unknown } | { error: Error };

/** The position of a function: the requests that it waits for, or its end. */
export type Position = {
  /** Different positions of all automata have different numbers. */
  id: number;
  pending: readonly { index: number; request: Request }[];
  result: Result | undefined;
};

type Step = { index: number; response: Response };
type Node = Position & { log: readonly Step[]; children: Map<string, Node> };

let positions = 0;

/**
 * The automaton of one call at one time. `name` makes what `newId` returns different from other
 * calls'.
 */
export class Automaton {
  readonly #name: string;
  readonly #now: number;
  readonly #run: Run;
  #start: Node | undefined;

  constructor(name: string, now: number, run: Run) {
    this.#name = name;
    this.#now = now;
    this.#run = run;
  }

  /** The first position. */
  async start(): Promise<Position> {
    this.#start ??= await this.#replay([]);
    return this.#start;
  }

  /** Returns the position after its request `index` gets `response`. */
  async next(position: Position, index: number, response: Response): Promise<Position> {
    const node = position as Node;
    const key = `${index} ${JSON.stringify(response)}`;
    let child = node.children.get(key);
    if (!child) {
      child = await this.#replay([...node.log, { index, response }]);
      node.children.set(key, child);
    }
    return child;
  }

  async #replay(log: readonly Step[]): Promise<Node> {
    const sent: { request: Request; settle(response: Response): void }[] = [];
    const send = (request: Request) =>
      new Promise<unknown>((resolve) => {
        sent.push({ request, settle: (response) => resolve(settle(response)) });
      });
    const client = { send: (command: object) => send({ command }) };
    let ids = 0;
    const services: PublishingServices = {
      bucket: { client: client as unknown as S3Client, name: 'memory' },
      stepFunctions: client as unknown as SFNClient,
      now: () => new Date(this.#now),
      newId: () => `${this.#name}-${++ids}`,
      publish: (state) => send({ publish: state }).then(() => undefined),
    };
    let result: Result | undefined;
    await quietly(async () => {
      this.#run(services).then(
        (value) => {
          result = { value };
        },
        (error: Error) => {
          result = { error };
        },
      );
      await drained();
      for (const { index, response } of log) {
        const request = sent[index];
        if (!request) throw new Error(`${this.#name} sent other requests when it was run again`);
        request.settle(response);
        await drained();
      }
    });
    const logged = new Set(log.map(({ index }) => index));
    const pending = sent.flatMap(({ request }, index) => (logged.has(index) ? [] : [{ index, request }]));
    if (!result && pending.length === 0)
      throw new Error(`${this.#name} waits for something other than a request`);
    return { id: ++positions, pending, result, log, children: new Map() };
  }
}

/** Resolves when all reactions to settled promises have run. */
function drained(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Silences the logs of the functions, which run a million times here. */
async function quietly(work: () => Promise<void>): Promise<void> {
  const { log, error } = console;
  console.log = () => undefined;
  console.error = () => undefined;
  try {
    await work();
  } finally {
    Object.assign(console, { log, error });
  }
}
