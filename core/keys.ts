/**
 * Keys of a process's data in the bucket. No other module builds or parses keys.
 *
 * - `processes/<owner>/<processId>/state.json`: the state record
 * - `processes/<owner>/<processId>/<definition>/input.json`: the input
 * - `processes/<owner>/<processId>/<definition>/steps/<Step>.json`: the document of a step
 * - `processes/<owner>/<processId>/<definition>/steps/<Step>/<part>.json`: the document of a step
 *   in a Map or a loop. The part has the index of the item in each Map around the step, from the
 *   outermost, and for a step in a loop the time at which the state was entered
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
 * Identifies a document of a step. A step in a Map or a loop has several, with different parts:
 * `3`, `2/3` or `2/2026-11-30T09:15:00.123Z`.
 */
export type StepRef = { step: string; part?: string };

/** A parsed part: the indexes of Map items, and the time at which a state in a loop was entered. */
export type Part = { items: readonly string[]; enteredAt?: string };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const DEFINITION = /^[A-Za-z][A-Za-z0-9-]{0,29}$/;
const STEP = /^[A-Za-z][A-Za-z0-9_-]{0,79}$/;
const ITEM = /^\d{1,9}$/;
/** The times of the context object have 0, 3, 6 or 9 digits of a second. */
const ENTERED_AT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d{1,9}))?Z$/;
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
  parsePart(part);
  return `${stepsPrefix(data)}${step}/${part}.json`;
}

/**
 * Returns the intrinsic function with which a machine builds a {@link stepKey}. `part` has the
 * paths to the indexes and the time.
 */
export function stepKeyExpression(processData: string, step: string, part: readonly string[]): string {
  const form = ['{}/steps', step, ...part.map(() => '{}')].join('/');
  return `States.Format('${form}.json', ${[processData, ...part].join(', ')})`;
}

/** Parses a {@link stepKey}. Throws {@link InvalidKey}. */
export function parseStepKey(key: string): DataRef & StepRef {
  const match = /^(processes\/[^/]+\/[^/]+\/[^/]+)\/steps\/([^/]+?)(?:\/(.+))?\.json$/.exec(key);
  const [, data, step, part] = match ?? [];
  if (!data || !step || !isStepName(step) || (part !== undefined && !splitPart(part))) {
    throw new InvalidKey(key, 'processes/<owner>/<processId>/<definition>/steps/<Step>.json');
  }
  return { ...parseDataKey(data), step, ...(part === undefined ? {} : { part }) };
}

/** Parses the part of a {@link StepRef}. Throws {@link InvalidKey}. */
export function parsePart(part: string | undefined): Part {
  const parsed = splitPart(part);
  if (parsed) return parsed;
  throw new InvalidKey(part ?? '', 'indexes of Map items and the time of a loop entry');
}

/** Returns the part of these items; undefined outside of Maps. */
export function partOfItems(items: readonly string[]): string | undefined {
  return items.length === 0 ? undefined : items.join('/');
}

/** Compares parts by their items as numbers, `2/10` after `2/9`, and then by time. */
export function compareParts(a: StepRef, b: StepRef): number {
  const [left, right] = [sortKey(a.part), sortKey(b.part)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function splitPart(part: string | undefined): Part | undefined {
  const segments = part === undefined ? [] : part.split('/');
  const last = segments.at(-1);
  const enteredAt = last !== undefined && ENTERED_AT.test(last) ? last : undefined;
  const items = enteredAt === undefined ? segments : segments.slice(0, -1);
  if (!items.every((item) => ITEM.test(item))) return undefined;
  return enteredAt === undefined ? { items } : { items, enteredAt };
}

/** As texts, `…:00Z` would follow `…:00.123Z`. */
function sortKey(part: string | undefined): string {
  const { items, enteredAt } = parsePart(part);
  const fraction = ENTERED_AT.exec(enteredAt ?? '')?.[1] ?? '';
  const time = enteredAt === undefined ? [] : [enteredAt.slice(0, 19) + fraction.padEnd(9, '0')];
  return [...items.map((item) => item.padStart(9, '0')), ...time].join('/');
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
