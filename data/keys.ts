/**
 * Where a process's data lies in the bucket. No other file knows a key.
 *
 * | key | content |
 * |---|---|
 * | `processes/<owner>/<processId>/input.json` | what the process was started with |
 * | `processes/<owner>/<processId>/state.json` | the state record |
 * | `processes/<owner>/<processId>/steps/<Step>.json` | a step's document |
 * | `processes/<owner>/<processId>/steps/<Step>/<n>.json` | the same for a step inside a Map or a loop |
 * | `index/<owner>/<inverted start time>-<processId>` | empty; a caller's processes, newest first |
 * | `running/<processId>` | the process key, from the start to the end |
 * | `sweep/cursor` | the key at which the sweep goes on |
 *
 * `<owner>` is percent-encoded, so an owner's name can never reach into another owner's folder.
 */

/** Names one process: whose it is, and its id. */
export type ProcessRef = { owner: string; processId: string };

/** Names one document of a step; `part` is the item of a Map or the entry of a loop, such as `3` or `2/3`. */
export type StepRef = { step: string; part?: string };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const STEP = /^[A-Za-z][A-Za-z0-9_-]{0,79}$/;
const PART = /^\d{1,9}(\/\d{1,9}){0,3}$/;
const LAST_INSTANT_MS = 9_999_999_999_999;

/** Thrown when a key or a part of one is not of the shape that this file gives. */
export class InvalidKey extends Error {
  override readonly name = 'InvalidKey';
  readonly key: string;

  constructor(key: string, expected: string) {
    super(`Expected ${expected}, got [${key.slice(0, 200)}]`);
    this.key = key;
  }
}

/** True for a UUID in lower case (RFC 9562, section 4): the only form in which one process has one id. */
export function isProcessId(text: string): boolean {
  return UUID.test(text);
}

/** True for a name that a step (a Task state) may have: it becomes part of a key and of a file's name. */
export function isStepName(text: string): boolean {
  return STEP.test(text);
}

/** `processes/<owner>/<processId>`: the key that travels through the execution. Throws {@link InvalidKey}. */
export function processKey({ owner, processId }: ProcessRef): string {
  if (!isProcessId(processId)) throw new InvalidKey(processId, 'a UUID in lower case');
  return `processes/${encodeOwner(owner)}/${processId}`;
}

/** The process that a {@link processKey} names. Throws {@link InvalidKey}. */
export function parseProcessKey(key: string): ProcessRef {
  const [folder, owner, processId, ...rest] = key.split('/');
  if (folder !== 'processes' || !owner || !processId || !isProcessId(processId) || rest.length > 0) {
    throw new InvalidKey(key, 'processes/<owner>/<processId>');
  }
  return { owner: decodeOwner(owner, key), processId };
}

/** The key of what a process was started with. */
export function inputKey(process: ProcessRef): string {
  return `${processKey(process)}/input.json`;
}

/** The key of a process's state record. */
export function stateKey(process: ProcessRef): string {
  return `${processKey(process)}/state.json`;
}

/** The prefix of all documents that a process's steps wrote. */
export function stepsPrefix(process: ProcessRef): string {
  return `${processKey(process)}/steps/`;
}

/** The key of a step's document. Throws {@link InvalidKey}. */
export function stepKey(process: ProcessRef, { step, part }: StepRef): string {
  if (!isStepName(step)) throw new InvalidKey(step, 'a step name of letters, digits, - and _');
  if (part === undefined) return `${stepsPrefix(process)}${step}.json`;
  if (!PART.test(part)) throw new InvalidKey(part, 'an item or entry number');
  return `${stepsPrefix(process)}${step}/${part}.json`;
}

/** The process and step that a {@link stepKey} names. Throws {@link InvalidKey}. */
export function parseStepKey(key: string): ProcessRef & StepRef {
  const match = /^(processes\/[^/]+\/[^/]+)\/steps\/([^/]+?)(?:\/([\d/]+))?\.json$/.exec(key);
  const [, process, step, part] = match ?? [];
  if (!process || !step || !isStepName(step) || (part !== undefined && !PART.test(part))) {
    throw new InvalidKey(key, 'processes/<owner>/<processId>/steps/<Step>.json');
  }
  return { ...parseProcessKey(process), step, ...(part === undefined ? {} : { part }) };
}

/** The key that lists a process among its owner's, so that S3's rising order of keys is newest first. */
export function indexKey(process: ProcessRef, startedAt: Date): string {
  const inverted = String(LAST_INSTANT_MS - startedAt.getTime()).padStart(13, '0');
  return `index/${encodeOwner(process.owner)}/${inverted}-${process.processId}`;
}

/** The prefix of the keys of all processes that run. */
export const RUNNING_PREFIX = 'running/';

/** The key of the place at which the sweep goes on. */
export const SWEEP_CURSOR_KEY = 'sweep/cursor';

/** The key that stands from a process's start to its end, and holds its {@link processKey}. */
export function runningKey(processId: string): string {
  if (!isProcessId(processId)) throw new InvalidKey(processId, 'a UUID in lower case');
  return `${RUNNING_PREFIX}${processId}`;
}

function encodeOwner(owner: string): string {
  if (owner === '') throw new InvalidKey(owner, 'an owner');
  return encodeURIComponent(owner).replace(
    /[!'()*.~]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function decodeOwner(encoded: string, key: string): string {
  let owner: string;
  try {
    owner = decodeURIComponent(encoded);
  } catch (cause) {
    throw Object.assign(new InvalidKey(key, 'a percent-encoded owner'), { cause });
  }
  // One owner has one spelling: otherwise two keys would name the same process.
  if (encodeOwner(owner) !== encoded) throw new InvalidKey(key, 'a percent-encoded owner');
  return owner;
}
