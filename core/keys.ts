/**
 * Where a process's data lies in the bucket. No other file knows a key.
 *
 * | key | content |
 * |---|---|
 * | `processes/<owner>/<processId>/state.json` | the state record |
 * | `processes/<owner>/<processId>/<definition>/input.json` | what the process was started with |
 * | `processes/<owner>/<processId>/<definition>/steps/<Step>.json` | a step's document |
 * | `processes/<owner>/<processId>/<definition>/steps/<Step>/<n>.json` | the same in a Map or loop |
 * | `index/<owner>/<inverted start time>-<processId>` | empty; a caller's processes, newest first |
 * | `running/<owner>/<processId>` | the mark of a process that runs, from its start to its end |
 * | `sweep/cursor` | the key after which the next sweep continues |
 *
 * `<owner>` is percent-encoded, so an owner's name can never reach into another owner's folder. The
 * definition is part of the key so that a policy can give a step the data of its own definition and
 * no other. An index entry counts only where the state record has its start time: a start that was
 * rejected as a conflict leaves one that does not.
 */

/** Names one process: whose it is, and its id. */
export type ProcessRef = { owner: string; processId: string };

/** Names a process with its definition: where its input and documents lie. */
export type DataRef = ProcessRef & { definition: string };

/**
 * Names one document of a step; `part` is the item of a Map or the entry of a loop, such as `3` or
 * `2/3`.
 */
export type StepRef = { step: string; part?: string };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const DEFINITION = /^[A-Za-z][A-Za-z0-9-]{0,29}$/;
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

/**
 * True for a UUID in lower case (RFC 9562, section 4): the only form in which one process has one
 * id.
 */
export function isProcessId(text: string): boolean {
  return UUID.test(text);
}

/**
 * True for a name that a step (a Task state) may have: it becomes part of a key and of a file's
 * name.
 */
export function isStepName(text: string): boolean {
  return STEP.test(text);
}

/** True for a name that a definition may have: it becomes part of keys, ARNs and policies. */
export function isDefinitionName(text: string): boolean {
  return DEFINITION.test(text);
}

/** `processes/<owner>/<processId>`. Throws {@link InvalidKey}. */
export function processKey({ owner, processId }: ProcessRef): string {
  if (!isProcessId(processId)) throw new InvalidKey(processId, 'a UUID in lower case');
  return `processes/${encodeOwner(owner)}/${processId}`;
}

/** The key of a process's state record. */
export function stateKey(process: ProcessRef): string {
  return `${processKey(process)}/state.json`;
}

/**
 * `processes/<owner>/<processId>/<definition>`: the key that travels through the execution. Throws
 * {@link InvalidKey}.
 */
export function dataKey({ definition, ...process }: DataRef): string {
  if (!isDefinitionName(definition)) throw new InvalidKey(definition, 'the name of a definition');
  return `${processKey(process)}/${definition}`;
}

/** What a {@link dataKey} names. Throws {@link InvalidKey}. */
export function parseDataKey(key: string): DataRef {
  const [folder, owner, processId, definition, ...rest] = key.split('/');
  const isWellFormed = folder === 'processes' && owner && processId && definition && rest.length === 0;
  if (!isWellFormed || !isProcessId(processId) || !isDefinitionName(definition)) {
    throw new InvalidKey(key, 'processes/<owner>/<processId>/<definition>');
  }
  return { owner: decodeOwner(owner, key), processId, definition };
}

/** The key of what a process was started with. */
export function inputKey(data: DataRef): string {
  return `${dataKey(data)}/input.json`;
}

/** The prefix of all documents that a process's steps wrote. */
export function stepsPrefix(data: DataRef): string {
  return `${dataKey(data)}/steps/`;
}

/** The key of a step's document. Throws {@link InvalidKey}. */
export function stepKey(data: DataRef, { step, part }: StepRef): string {
  if (!isStepName(step)) throw new InvalidKey(step, 'a step name of letters, digits, - and _');
  if (part === undefined) return `${stepsPrefix(data)}${step}.json`;
  if (!PART.test(part)) throw new InvalidKey(part, 'an item or entry number');
  return `${stepsPrefix(data)}${step}/${part}.json`;
}

/** The process and step that a {@link stepKey} names. Throws {@link InvalidKey}. */
export function parseStepKey(key: string): DataRef & StepRef {
  const match = /^(processes\/[^/]+\/[^/]+\/[^/]+)\/steps\/([^/]+?)(?:\/([\d/]+))?\.json$/.exec(key);
  const [, data, step, part] = match ?? [];
  if (!data || !step || !isStepName(step) || (part !== undefined && !PART.test(part))) {
    throw new InvalidKey(key, 'processes/<owner>/<processId>/<definition>/steps/<Step>.json');
  }
  return { ...parseDataKey(data), step, ...(part === undefined ? {} : { part }) };
}

/**
 * The key that lists a process among its owner's, so that S3's rising order of keys is newest
 * first.
 */
export function indexKey(process: ProcessRef, startedAt: Date): string {
  const inverted = String(LAST_INSTANT_MS - startedAt.getTime()).padStart(13, '0');
  return `index/${encodeOwner(process.owner)}/${inverted}-${process.processId}`;
}

/** The prefix of the marks of all processes that run. */
export const RUNNING_PREFIX = 'running/';

/** The key of the place at which the next sweep continues. */
export const SWEEP_CURSOR_KEY = 'sweep/cursor';

/** The key of the mark of a process that runs. */
export function runningKey({ owner, processId }: ProcessRef): string {
  if (!isProcessId(processId)) throw new InvalidKey(processId, 'a UUID in lower case');
  return `${RUNNING_PREFIX}${encodeOwner(owner)}/${processId}`;
}

/** The process that a {@link runningKey} names. Throws {@link InvalidKey}. */
export function parseRunningKey(key: string): ProcessRef {
  const [folder, owner, processId, ...rest] = key.split('/');
  if (folder !== 'running' || !owner || !processId || !isProcessId(processId) || rest.length > 0) {
    throw new InvalidKey(key, 'running/<owner>/<processId>');
  }
  return { owner: decodeOwner(owner, key), processId };
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
