/**
 * Keys of a process's data in the bucket. No other module builds or parses keys.
 *
 * - `processes/<owner>/<processId>/state.json`: the state record
 * - `processes/<owner>/<processId>/<definition>/input.json`: the input
 * - `processes/<owner>/<processId>/<definition>/steps/<Step>.json`: the document of a step
 * - `processes/<owner>/<processId>/<definition>/steps/<Step>/<n>.json`: the document of a Map item
 *   or loop iteration
 * - `index/<owner>/<inverted start time>-<processId>`: empty; lists an owner's processes, newest
 *   first
 * - `running/<owner>/<processId>`: marker that exists while the process is running
 * - `sweep/cursor`: key after which the next sweep continues
 *
 * `<owner>` is percent-encoded, so that an owner's name cannot refer to another owner's folder. The
 * definition is part of the key so that a policy can limit a step to the data of its definition. An
 * index entry is only valid if the state record has its start time: a start that was rejected as a
 * conflict leaves an entry without one.
 */

/** Identifies a process by its owner and id. */
export type ProcessRef = { owner: string; processId: string };

/** Identifies a process and its definition, and so the keys of its input and documents. */
export type DataRef = ProcessRef & { definition: string };

/**
 * Identifies a document of a step. `part` is the index of the Map item or loop iteration, such as
 * `3` or `2/3`.
 */
export type StepRef = { step: string; part?: string };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const DEFINITION = /^[A-Za-z][A-Za-z0-9-]{0,29}$/;
const STEP = /^[A-Za-z][A-Za-z0-9_-]{0,79}$/;
const PART = /^\d{1,9}(\/\d{1,9}){0,3}$/;
const LAST_INSTANT_MS = 9_999_999_999_999;

/** Thrown when a key, or a part of one, does not have the documented form. */
export class InvalidKey extends Error {
  override readonly name = 'InvalidKey';
  readonly key: string;

  constructor(key: string, expected: string, options?: ErrorOptions) {
    super(`Expected ${expected}, got [${key.slice(0, 200)}]`, options);
    this.key = key;
  }
}

/**
 * Returns true for a lowercase UUID (RFC 9562, section 4). Other spellings would give one process
 * several ids.
 */
export function isProcessId(text: string): boolean {
  return UUID.test(text);
}

/** Returns true for a valid step (Task state) name. It becomes part of keys and file names. */
export function isStepName(text: string): boolean {
  return STEP.test(text);
}

/** Returns true for a valid definition name. It becomes part of keys, ARNs and policies. */
export function isDefinitionName(text: string): boolean {
  return DEFINITION.test(text);
}

/** Returns `processes/<owner>/<processId>`. Throws {@link InvalidKey}. */
export function processKey({ owner, processId }: ProcessRef): string {
  if (!isProcessId(processId)) throw new InvalidKey(processId, 'a lowercase UUID');
  return `processes/${encodeOwner(owner)}/${processId}`;
}

/** Returns the key of a process's state record. */
export function stateKey(process: ProcessRef): string {
  return `${processKey(process)}/state.json`;
}

/**
 * Returns `processes/<owner>/<processId>/<definition>`, the key in the execution's input. Throws
 * {@link InvalidKey}.
 */
export function dataKey({ definition, ...process }: DataRef): string {
  if (!isDefinitionName(definition)) throw new InvalidKey(definition, 'a definition name');
  return `${processKey(process)}/${definition}`;
}

/** Parses a {@link dataKey}. Throws {@link InvalidKey}. */
export function parseDataKey(key: string): DataRef {
  const [folder, owner, processId, definition, ...rest] = key.split('/');
  const isWellFormed = folder === 'processes' && owner && processId && definition && rest.length === 0;
  if (!isWellFormed || !isProcessId(processId) || !isDefinitionName(definition)) {
    throw new InvalidKey(key, 'processes/<owner>/<processId>/<definition>');
  }
  return { owner: decodeOwner(owner, key), processId, definition };
}

/** Returns the key of a process's input. */
export function inputKey(data: DataRef): string {
  return `${dataKey(data)}/input.json`;
}

/** Returns the prefix of all documents that a process's steps write. */
export function stepsPrefix(data: DataRef): string {
  return `${dataKey(data)}/steps/`;
}

/** Returns the key of a step's document. Throws {@link InvalidKey}. */
export function stepKey(data: DataRef, { step, part }: StepRef): string {
  if (!isStepName(step)) throw new InvalidKey(step, 'a step name of letters, digits, - and _');
  if (part === undefined) return `${stepsPrefix(data)}${step}.json`;
  if (!PART.test(part)) throw new InvalidKey(part, 'an item or iteration index');
  return `${stepsPrefix(data)}${step}/${part}.json`;
}

/** Parses a {@link stepKey}. Throws {@link InvalidKey}. */
export function parseStepKey(key: string): DataRef & StepRef {
  const match = /^(processes\/[^/]+\/[^/]+\/[^/]+)\/steps\/([^/]+?)(?:\/([\d/]+))?\.json$/.exec(key);
  const [, data, step, part] = match ?? [];
  if (!data || !step || !isStepName(step) || (part !== undefined && !PART.test(part))) {
    throw new InvalidKey(key, 'processes/<owner>/<processId>/<definition>/steps/<Step>.json');
  }
  return { ...parseDataKey(data), step, ...(part === undefined ? {} : { part }) };
}

/** Returns the key of a process's index entry. S3's ascending key order lists the newest first. */
export function indexKey(process: ProcessRef, startedAt: Date): string {
  const inverted = String(LAST_INSTANT_MS - startedAt.getTime()).padStart(13, '0');
  return `index/${encodeOwner(process.owner)}/${inverted}-${process.processId}`;
}

/** Prefix of the markers of all running processes. */
export const RUNNING_PREFIX = 'running/';

/** Key of the object with the position at which the next sweep continues. */
export const SWEEP_CURSOR_KEY = 'sweep/cursor';

/** Returns the key of a running process's marker. */
export function runningKey({ owner, processId }: ProcessRef): string {
  if (!isProcessId(processId)) throw new InvalidKey(processId, 'a lowercase UUID');
  return `${RUNNING_PREFIX}${encodeOwner(owner)}/${processId}`;
}

/** Parses a {@link runningKey}. Throws {@link InvalidKey}. */
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
    throw new InvalidKey(key, 'a percent-encoded owner', { cause });
  }
  // With several spellings of one owner, two keys would identify the same process.
  if (encodeOwner(owner) !== encoded) throw new InvalidKey(key, 'a percent-encoded owner');
  return owner;
}
