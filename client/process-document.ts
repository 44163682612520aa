import { type Http, unexpectedAnswer } from './http.ts';
import type { Lifetime } from './lifetime.ts';

/**
 * A document of a process: the JSON that its start or one of its steps wrote.
 *
 * @example
 * const { content } = document as ProcessDocument<{ total: number }>;
 */
export type ProcessDocument<Content = unknown> = {
  /** The name of the step that wrote it, or `input`. */
  step: string;
  /**
   * Of a step in a Map or a loop, the number of the item or entry from 0, such as `3`, or `2/0` for
   * both.
   */
  part: string | null;
  bytes: number;
  writtenAt: string;
  /** The document itself, parsed. */
  content: Content;
  /** Gives the document's text to anybody who has it, for 15 minutes. */
  url: string;
};

/**
 * Everything that a process has written so far.
 *
 * @example
 * const { input, steps, output }: ProcessData = await client.data(processId);
 */
export type ProcessData = {
  processId: string;
  /** What the process was started with. */
  input: ProcessDocument;
  /** What the steps have written, in the order of writing. */
  steps: ProcessDocument[];
  /**
   * The latest document of the step that the definition names as its output; null until it is
   * written.
   */
  output: ProcessDocument | null;
};

/** A document as the API sends it: `json` is null when it would not fit an AppSync response. */
export type WireDocument = Omit<ProcessDocument, 'content'> & { json: string | null };

/** GraphQL selection of a {@link WireDocument}. */
export const DOCUMENT = '{ step part bytes writtenAt json url }';

/** The document with its content: by its presigned URL where the response does not have it. */
export async function readDocument(
  { json, ...document }: WireDocument,
  http: Http,
  lifetime: Lifetime,
): Promise<ProcessDocument> {
  let text = json;
  if (text === null) {
    const answer = await http(document.url, {}, lifetime);
    if (answer.status !== 200) throw unexpectedAnswer(document.url, answer);
    text = answer.text;
  }
  return { ...document, content: JSON.parse(text) };
}
