/** Reads the documents that a step needs in parallel, and validates each against its schema. */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { INPUT, listStepDocuments, readDocument } from '../documents.ts';
import { type DataRef, parsePart, partOfItems, type StepRef } from '../keys.ts';
import type { Bucket } from '../objects.ts';
import { DocumentMismatch } from './errors.ts';

/**
 * Schemas (zod, valibot, arktype or any other Standard Schema) by name of the document.
 *
 * - `input`: the input of the process.
 * - `<Step>`: the document of a step. In a Map it is the one of the same item, or else the one of
 *   an outer item or of the process. Of a step in a loop it is that of the latest entry.
 * - `<Step>/*`: the list of all documents of a step in a Map or a loop, by item and time. In a Map
 *   it has those of the same item, if the item has several.
 */
export type Reads = Record<string, StandardSchemaV1>;

/** Documents that a step has read, by name. */
export type Documents<Required extends Reads, Optional extends Reads> = {
  [Name in keyof Required]: StandardSchemaV1.InferOutput<Required[Name]>;
} & { [Name in keyof Optional]?: StandardSchemaV1.InferOutput<Optional[Name]> };

const EVERY = '/*';

/**
 * Returns the documents that exist, validated, and the names of the others. Throws
 * {@link DocumentMismatch}.
 */
export async function readAll(
  bucket: Bucket,
  data: DataRef,
  reader: StepRef,
  reads: Reads,
): Promise<{ found: Record<string, unknown>; missing: string[] }> {
  const found: Record<string, unknown> = {};
  const missing: string[] = [];
  const { items } = parsePart(reader.part);
  const read = (name: string) => {
    if (name === INPUT) return readOne(bucket, data, { step: INPUT });
    return name.endsWith(EVERY)
      ? readEvery(bucket, data, name.slice(0, -EVERY.length), items)
      : readNearest(bucket, data, name, items);
  };
  await Promise.all(
    Object.entries(reads).map(async ([name, schema]) => {
      const value = await read(name);
      if (value === undefined) missing.push(name);
      else found[name] = await checkSchema(reader.step, name, schema, value);
    }),
  );
  return { found, missing: missing.sort() };
}

/**
 * Returns the output of the schema for a value. Throws {@link DocumentMismatch} with the path of
 * every problem.
 */
export async function checkSchema(
  step: string,
  document: string,
  schema: StandardSchemaV1,
  value: unknown,
): Promise<unknown> {
  const result = await schema['~standard'].validate(value);
  if (!result.issues) return result.value;
  const problems = result.issues.map(({ path = [], message }) => {
    const keys = path.map((segment) => (typeof segment === 'object' ? segment.key : segment));
    return `/${keys.map(String).join('/')} ${message}`;
  });
  throw new DocumentMismatch(step, document, problems.join('; '));
}

/** Only the documents of a loop, which have the time in their keys, need a list. */
async function readNearest(
  bucket: Bucket,
  data: DataRef,
  step: string,
  items: readonly string[],
): Promise<unknown> {
  const outward = outwardFrom(items);
  for (const part of outward) {
    const document = await readOne(bucket, data, part === undefined ? { step } : { step, part });
    if (document !== undefined) return document;
  }
  for (const part of outward) {
    const entries = (await listStepDocuments(bucket, data, step, part)).filter((entry) => {
      const parsed = parsePart(entry.part);
      return parsed.enteredAt !== undefined && partOfItems(parsed.items) === part;
    });
    const latest = entries.at(-1);
    if (latest) return readOne(bucket, data, latest);
  }
  return undefined;
}

async function readEvery(
  bucket: Bucket,
  data: DataRef,
  step: string,
  items: readonly string[],
): Promise<unknown[]> {
  for (const part of outwardFrom(items)) {
    const documents = await listStepDocuments(bucket, data, step, part);
    if (documents.length > 0) return Promise.all(documents.map((each) => readOne(bucket, data, each)));
  }
  return [];
}

async function readOne(bucket: Bucket, data: DataRef, step: StepRef): Promise<unknown> {
  const object = await readDocument(bucket, data, step);
  return object && JSON.parse(object.text);
}

/** Returns the parts of the innermost item, of each one around it, and of the process. */
function outwardFrom(items: readonly string[]): (string | undefined)[] {
  return [...items.keys(), items.length].map((count) => partOfItems(items.slice(0, items.length - count)));
}
