/**
 * The house style of CONTRIBUTING.md, as far as a machine can check it: words with a plainer
 * equivalent, and the length of comment lines.
 */

/** A word or phrase that the house style replaces. */
type Rule = { readonly pattern: RegExp; readonly instead: string };

const RULES: readonly Rule[] = [
  { pattern: /\bmend(?:s|ed|ing)?\b/i, instead: 'restored, repaired' },
  { pattern: /\banew\b/i, instead: 'again' },
  { pattern: /\bdial\b/i, instead: 'fault injector' },
  { pattern: /\b(?:heed(?:s|ed)?|unheard)\b/i, instead: 'follow, respect' },
  { pattern: /\bwhoever\b/i, instead: 'anyone who' },
  { pattern: /\bfor good\b/i, instead: 'permanently' },
  { pattern: /\bso many\b/i, instead: 'the number itself' },
  { pattern: /\bcomes? again\b/i, instead: 'is repeated' },
  { pattern: /\bis no (?!longer\b|more\b|less\b|need\b)[a-z]+/i, instead: 'is not a' },
  { pattern: /\b(?:is none|none of its)\b/i, instead: 'is not one' },
  { pattern: /\btold\b/i, instead: 'notified, reported' },
  { pattern: /\btells? (?:of|apart|from)\b/i, instead: 'reports, distinguishes' },
  { pattern: /\banswer(?:s|ed|ing)?\b/i, instead: 'response, respond' },
  { pattern: /\brefus(?:e|es|ed|al|als|ing)\b/i, instead: 'reject, rejection' },
  { pattern: /\bgo(?:es)? on\b/i, instead: 'continue' },
  { pattern: /\bstands\b(?! for)/i, instead: 'is' },
  { pattern: /\bdefects?\b/i, instead: 'internal error, bug' },
  { pattern: /\blook(?:s|ed)? after\b/i, instead: 'check' },
  { pattern: /\bin silence\b/i, instead: 'silently' },
  { pattern: /\bfor want of\b/i, instead: 'for lack of' },
  { pattern: /\bput through\b/i, instead: 'redrive' },
  { pattern: /\bat the most\b/i, instead: 'at most' },
  { pattern: /\b(?:strikes|struck)\b/i, instead: 'occur' },
  { pattern: /\bsomebody's\b/i, instead: "a caller's" },
  { pattern: /\brights\b/i, instead: 'permissions' },
];

/** Phrases in which a word above is the usual one. */
const ALLOWED = [/there is no\b/gi, /connection refused/gi, /all rights reserved/gi];

const MAX_COMMENT_COLUMNS = 100;
const MAX_MARKDOWN_COLUMNS = 120;

const COMMENT = /^\s*(?:\/\/|\/?\*)/;
const FENCE = /^\s*(?:\*\s*)?```/;

/** A place that breaks the house style. */
export type ProseProblem = { readonly line: number; readonly problem: string };

/** Returns what breaks the house style in the text of a file. Code in backticks is ignored. */
export function proseProblems(file: string, text: string): ProseProblem[] {
  const isMarkdown = file.endsWith('.md');
  const problems: ProseProblem[] = [];
  let isCode = false;
  for (const [index, full] of text.split('\n').entries()) {
    const add = (problem: string) => problems.push({ line: index + 1, problem });
    const isComment = COMMENT.test(full);
    if (FENCE.test(full)) isCode = !isCode;
    else if (isMarkdown && isCode) continue;
    // The code of an @example lasts to the next tag or the end of the comment.
    if (isComment && full.includes('@example')) isCode = true;
    else if (!isMarkdown && isCode && /\*\/|^\s*\* @/.test(full)) isCode = false;

    const prose = [/`[^`]*`/g, ...ALLOWED].reduce((rest, allowed) => rest.replace(allowed, ''), full);
    for (const { pattern, instead } of RULES) {
      const found = pattern.exec(prose)?.[0];
      if (found !== undefined) add(`"${found}": write ${instead}`);
    }
    if (isCode || full.includes('://')) continue;
    if (isComment && !isMarkdown && full.length > MAX_COMMENT_COLUMNS)
      add(`The comment has ${full.length} columns, at most ${MAX_COMMENT_COLUMNS} are allowed`);
    if (isMarkdown && !full.startsWith('|') && full.length > MAX_MARKDOWN_COLUMNS)
      add(`The line has ${full.length} columns, at most ${MAX_MARKDOWN_COLUMNS} are allowed`);
  }
  return problems;
}
