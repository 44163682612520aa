/** Values that often break programs, and small changes to valid ones. */
import type { Dice } from './dice.ts';
import type { Header } from './http-bytes.ts';

const TEXTS = [
  ...[
    '',
    ' ',
    '\t',
    '\0',
    '\x01',
    '\x7f',
    '\n',
    '"',
    "'",
    '\\',
    '`',
    '<',
    '&',
    '%',
    '/',
    '//',
    '.',
    '..',
    '../..',
  ],
  ...[
    '%zz',
    '%00',
    '%ff',
    '%2f',
    '%c0%80',
    '%ed%a0%80',
    '+',
    '*',
    '?',
    ':',
    ';',
    ',',
    '=',
    '#',
    '@',
    '|',
    '$',
    '\u0024{a}',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'prototype',
    'null',
    'undefined',
    'true',
    'NaN',
  ],
  ...['-1', '0', '1', '1.5', '1e400', '9007199254740993', '99999999999999999999', '0x10', '-0', 'Infinity'],
  ...['é', '😀', '\ud800', '\u2028', '\u202e', '\ufeff', 'ß', 'İ', '\uffff'],
  ...[
    '<a>',
    '</a>',
    '&#x110000;',
    '&amp;',
    '<![CDATA[',
    '<!--',
    '$.a',
    '$$.b',
    '{{a}}',
    '[]',
    '{}',
    '{',
    '[',
  ],
  ...[
    'fuzz/1',
    'processes/',
    'running/',
    'state.json',
    'order',
    'AWS4-HMAC-SHA256',
    'Bearer a',
    '2026-01-01T00:00:00Z',
  ],
  'a'.repeat(300),
];

/** Returns JSON that JSON.stringify does not produce. */
const RAW_JSON = [
  ...[
    '1e400',
    '-0',
    '9007199254740993',
    '0.1e-7',
    '1E+2',
    '"\\ud800"',
    '"\\u0000"',
    '{"a":1,"a":2}',
    '{"__proto__":{"a":1}}',
  ],
  ...[`${'['.repeat(100)}${']'.repeat(100)}`, `${'['.repeat(30_000)}${']'.repeat(30_000)}`],
  `${'{"a":'.repeat(3_000)}1${'}'.repeat(3_000)}`,
  `[${'0,'.repeat(2_000)}0]`,
  `"${'x'.repeat(20_000)}"`,
];

/** Returns any text. */
export function junkText(dice: Dice): string {
  return dice.chance(0.8) ? dice.one(TEXTS) : `${dice.one(TEXTS)}${dice.one(TEXTS)}${dice.one(TEXTS)}`;
}

/** Returns the text after one to three small changes. */
export function mutateText(dice: Dice, text: string): string {
  let changed = text;
  for (let changes = 1 + dice.below(3); changes > 0; changes--) {
    const from = dice.below(changed.length + 1);
    const to = Math.min(changed.length, from + 1 + dice.below(dice.chance(0.7) ? 4 : 60));
    const [before, part, after] = [changed.slice(0, from), changed.slice(from, to), changed.slice(to)];
    changed = dice.one([
      () => before + after,
      () => before + junkText(dice) + after,
      () => before + junkText(dice) + part + after,
      () => before + part.repeat(2 + dice.below(dice.chance(0.1) ? 500 : 3)) + after,
      () => before,
    ])();
  }
  return changed;
}

/** Returns the headers, one of them with another value. */
export function withOneMutated(dice: Dice, headers: readonly Header[]): Header[] {
  const at = dice.below(headers.length);
  return headers.map(([name, value], index) => [name, index === at ? mutateText(dice, value) : value]);
}

/** Returns any JSON value, for {@link jsonText}. */
export function junkJson(dice: Dice): unknown {
  return dice.one<() => unknown>([
    () => null,
    () => dice.chance(0.5),
    () => dice.one([0, -1, 1.5, 1e21, 2 ** 31, -(2 ** 31) - 1, 2 ** 53]),
    () => junkText(dice),
    () => [],
    () => ({}),
    () => ({ [junkText(dice)]: junkText(dice) }),
    () => [junkText(dice), null],
    () => RAW_MARK + dice.below(RAW_JSON.length),
  ])();
}

/** Returns the value with some members replaced, removed or added. */
export function mutateJson(dice: Dice, value: unknown): unknown {
  if (dice.chance(0.15)) return junkJson(dice);
  if (Array.isArray(value)) {
    const items = value.map((item) => (dice.chance(0.4) ? mutateJson(dice, item) : item));
    return dice.chance(0.3) ? [...items, junkJson(dice)] : items;
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(() => dice.chance(0.93))
      .map(([name, member]) => [name, dice.chance(0.4) ? mutateJson(dice, member) : member]);
    if (dice.chance(0.2)) members.push([junkText(dice), junkJson(dice)]);
    return Object.fromEntries(members);
  }
  return typeof value === 'string' && dice.chance(0.7) ? mutateText(dice, value) : junkJson(dice);
}

const RAW_MARK = 'raw JSON number ';

/** Returns the value as JSON, sometimes with changes to the text. */
export function jsonText(dice: Dice, value: unknown): string {
  const text = JSON.stringify(value).replace(
    new RegExp(`"${RAW_MARK}(\\d+)"`, 'g'),
    (_, index) => RAW_JSON[Number(index)] ?? '',
  );
  return dice.chance(0.05) ? mutateText(dice, text) : text;
}

/** Returns the value, or sometimes a changed one. */
export function perhapsJunk(dice: Dice, value: string, probability = 0.2): string {
  if (!dice.chance(probability)) return value;
  return dice.chance(0.5) ? junkText(dice) : mutateText(dice, value);
}
