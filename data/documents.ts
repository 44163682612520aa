/**
 * The documents of a process: written once, never changed, read in parallel.
 */
import { inputKey, type ProcessRef, parseStepKey, type StepRef, stepKey, stepsPrefix } from './keys.ts';
import {
  type Bucket,
  getMetadata,
  getObject,
  type ListedObject,
  listObjects,
  putObject,
  type StoredObject,
} from './objects.ts';

/** The name by which a step reads what the process was started with; no step may be called so. */
export const INPUT = 'input';

/** What S3 lets an object carry beside its content is 2 KB; the rest is room for names. */
const MAX_ROUTE_BYTES = 1_500;

/** Small values that join the state of the execution, for Choice states to read. */
export type Route = Record<string, unknown>;

/** What is kept beside the input: of the first start, with which later starts of the id are compared. */
export type InputHeader = {
  definition: string;
  /** Over definition and input. */
  sha256: string;
  /** When it was made: the process's own start, whichever call brings it to its end. */
  startedAt: string;
  /** Names the call that made it. */
  startId: string;
};

/** A document as it lies in the bucket. */
export type ListedDocument = StepRef & ListedObject;

/** Thrown when a step returns more in `route` than may travel through the execution. */
class RouteTooLarge extends Error {
  override readonly name = 'RouteTooLarge';

  constructor(bytes: number) {
    super(
      `Expected routing values of at most ${MAX_ROUTE_BYTES} bytes, got ${bytes}: put data into the output and keep only what a Choice state reads`,
    );
  }
}

/** True when the input was written, false when the process has one already. */
export function writeInput(
  bucket: Bucket,
  process: ProcessRef,
  json: string,
  header: InputHeader,
): Promise<boolean> {
  return putObject(bucket, inputKey(process), json, { ifNoneMatch: '*' }, header);
}

/** What the process was started with, without the input itself; undefined where there is none. */
export async function readInputHeader(bucket: Bucket, process: ProcessRef): Promise<InputHeader | undefined> {
  // S3 gives the names of metadata back in lower case.
  const metadata = await getMetadata(bucket, inputKey(process));
  return (
    metadata && {
      definition: metadata.definition ?? '',
      sha256: metadata.sha256 ?? '',
      startedAt: metadata.startedat ?? '',
      startId: metadata.startid ?? '',
    }
  );
}

/** True when the document was written, false when the step has one already; then nothing changed. Throws {@link RouteTooLarge}. */
export function writeDocument(
  bucket: Bucket,
  process: ProcessRef,
  step: StepRef,
  json: string,
  route: Route,
): Promise<boolean> {
  const encoded = encodeURIComponent(JSON.stringify(route));
  if (encoded.length > MAX_ROUTE_BYTES) throw new RouteTooLarge(encoded.length);
  return putObject(bucket, stepKey(process, step), json, { ifNoneMatch: '*' }, { route: encoded });
}

/** What a finished step told the execution; undefined while it has written no document. */
export async function readRoute(
  bucket: Bucket,
  process: ProcessRef,
  step: StepRef,
): Promise<Route | undefined> {
  const metadata = await getMetadata(bucket, stepKey(process, step));
  return metadata && (JSON.parse(decodeURIComponent(metadata.route ?? '%7B%7D')) as Route);
}

/** A document by its step's name, or the input by `input`; undefined where it is not written yet. */
export function readDocument(
  bucket: Bucket,
  process: ProcessRef,
  step: StepRef,
): Promise<StoredObject | undefined> {
  return getObject(bucket, documentKey(process, step));
}

/** Every document that the process's steps have written, oldest first; without the input. */
export async function listDocuments(bucket: Bucket, process: ProcessRef): Promise<ListedDocument[]> {
  const objects = await listObjects(bucket, stepsPrefix(process));
  return objects
    .map((object) => {
      const { step, part } = parseStepKey(object.key);
      return { ...object, step, ...(part === undefined ? {} : { part }) };
    })
    .sort((a, b) => a.writtenAt.getTime() - b.writtenAt.getTime());
}

/** How many different steps have written a document. */
export function countSteps(documents: readonly StepRef[]): number {
  return new Set(documents.map(({ step }) => step)).size;
}

/** The key of a step's document, or of the input. */
export function documentKey(process: ProcessRef, { step, part }: StepRef): string {
  if (step === INPUT) return inputKey(process);
  return stepKey(process, part === undefined ? { step } : { step, part });
}
