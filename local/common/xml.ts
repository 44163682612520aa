/** An element: its name, then its text or its children. Undefined children are omitted. */
export type XmlElement = readonly [
  name: string,
  content: string | number | boolean | readonly (XmlElement | undefined)[],
];

/** Returns the document with this root, as S3 sends it. */
export function xmlDocument(root: XmlElement, namespace?: string): string {
  const [name, content] = root;
  const attribute = namespace === undefined ? '' : ` xmlns="${namespace}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name}${attribute}>${inner(content)}</${name}>`;
}

function inner(content: XmlElement[1]): string {
  if (typeof content !== 'object') return escapeXml(String(content));
  return content.map((child) => (child ? `<${child[0]}>${inner(child[1])}</${child[0]}>` : '')).join('');
}

const NAMED: Record<string, string> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot' };

/**
 * Escapes a text. Control characters become references, as S3 writes them, although XML 1.0 forbids
 * most of them.
 */
function escapeXml(text: string): string {
  return text.replace(
    /[&<>"]|[^ -~\u0080-\u{10ffff}]/gu,
    (character) => `&${NAMED[character] ?? `#x${character.codePointAt(0)?.toString(16)}`};`,
  );
}
