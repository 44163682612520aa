import type { Document, ProcessData as WireData } from './api-types.ts';
import { type Http, unexpectedResponse } from './http.ts';
import type { Lifetime } from './lifetime.ts';

/**
 * A document of a process: the JSON that its start or one of its steps wrote.
 *
 * @example
 * const { content } = document as ProcessDocument<{ total: number }>;
 */
export type ProcessDocument<Content = unknown> = Omit<Document, 'json'> & {
  /** Parsed content of the document. */
  content: Content;
};

/**
 * The documents of a process so far.
 *
 * @example
 * const { input, steps, output }: ProcessData = await client.data(processId);
 */
export type ProcessData<Input = unknown, Output = unknown> = Omit<
  WireData,
  'input' | 'steps' | 'output' | 'nextToken'
> & {
  /** Input that the process was started with. */
  input: ProcessDocument<Input>;
  /** Documents of the steps, in the order of writing. */
  steps: ProcessDocument[];
  /** Latest document of the definition's output step; null until it is written. */
  output: ProcessDocument<Output> | null;
};

/** Returns the document with its content, downloaded from its URL if the response has none. */
export async function readDocument(
  { json, ...document }: Document,
  http: Http,
  lifetime: Lifetime,
): Promise<ProcessDocument> {
  let text = json;
  if (text === null) {
    const response = await http(document.url, {}, lifetime);
    if (response.status !== 200) throw unexpectedResponse(document.url, response);
    text = response.text;
  }
  return { ...document, content: JSON.parse(text) };
}
