/**
 * What of its documents a caller of processData has selected. Undefined where no document is wanted
 * at all.
 */
export type DocumentSelection = { json: boolean; url: boolean } | undefined;

const PARTS = ['input', 'steps', 'output'] as const;
const DOCUMENT_FIELDS = ['step', 'part', 'bytes', 'writtenAt', 'json', 'url', '__typename'];
const KNOWN = new Set([
  ...['processId', 'nextToken', '__typename', ...PARTS],
  ...PARTS.flatMap((part) => DOCUMENT_FIELDS.map((field) => `${part}/${field}`)),
]);

/**
 * What is selected of the input, the steps and the output. Reading a document or signing its URL
 * takes time, so neither is done for nothing. Where the selection has an alias, which hides the
 * field's name, or is not known, everything counts as selected.
 */
export function documentSelection(
  selection: readonly string[],
): Record<(typeof PARTS)[number], DocumentSelection> {
  const everything = selection.length === 0 || selection.some((path) => !KNOWN.has(path));
  const selects = (path: string) => everything || selection.includes(path);
  const of = (part: string) =>
    selects(part) ? { json: selects(`${part}/json`), url: selects(`${part}/url`) } : undefined;
  return { input: of('input'), steps: of('steps'), output: of('output') };
}
