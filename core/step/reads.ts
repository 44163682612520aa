/** Reads the documents that a step needs in parallel, and validates each against its schema. */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { compareParts } from '../document-order.ts';
import { INPUT, listDocuments, readDocument } from '../documents.ts';
import type { DataRef, StepRef } from '../keys.ts';
import type { Bucket } from '../objects.ts';
import { DocumentMismatch } from './errors.ts';
import { documentCandidates, type ExecutionState } from './execution-state.ts';

/**
 * Schemas (zod, valibot, arktype or any other Standard Schema) by name of the document: `input`, a
 * step's name, or `<Step>/*` for the list of all documents that a step in a Map or a loop has
 * written, in index order.
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
  step: string,
  state: ExecutionState,
  reads: Reads,
): Promise<{ found: Record<string, unknown>; missing: string[] }> {
  const found: Record<string, unknown> = {};
  const missing: string[] = [];
  await Promise.all(
    Object.entries(reads).map(async ([name, schema]) => {
      const value = name.endsWith(EVERY)
        ? await readEvery(bucket, data, name.slice(0, -EVERY.length))
        : await readFirst(bucket, data, name === INPUT ? [{ step: INPUT }] : documentCandidates(state, name));
      if (value === undefined) missing.push(name);
      else found[name] = await checkSchema(step, name, schema, value);
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

async function readFirst(bucket: Bucket, data: DataRef, candidates: StepRef[]): Promise<unknown> {
  for (const candidate of candidates) {
    const object = await readDocument(bucket, data, candidate);
    if (object) return JSON.parse(object.text);
  }
  return undefined;
}

async function readEvery(bucket: Bucket, data: DataRef, step: string): Promise<unknown[]> {
  const documents = (await listDocuments(bucket, data)).filter((document) => document.step === step);
  documents.sort(compareParts);
  return Promise.all(documents.map((document) => readFirst(bucket, data, [document])));
}
