/**
 * `npm run generate` writes the reference in `docs/construct.md` from the declarations that
 * `infra/index.ts` exports; with `--check` it fails where the reference is stale.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const INFRA = join(import.meta.dirname, '../infra');
const PAGE = join(import.meta.dirname, '../docs/construct.md');
/** What is above it is written by hand. */
const MARKER = '<!-- Below this line, the page is written by npm run generate. -->';
const COLUMNS = 120;

const [option, ...more] = process.argv.slice(2);
if ((option !== undefined && option !== '--check') || more.length > 0) {
  console.error(`Expected nothing or --check, got ${process.argv.slice(2).join(' ')}`);
  process.exit(1);
}

const page = readFileSync(PAGE, 'utf8');
const [written = ''] = page.split(MARKER);
const declarations = exportedDeclarations();
// The construct and its props first.
const isFirst = ({ name }: Exported) => name.text.startsWith('ProcessFacade');
declarations.sort((a, b) => Number(isFirst(b)) - Number(isFirst(a)));
const text = [`${written}${MARKER}`, '## Reference', ...declarations.map(section)].join('\n\n');
if (option !== '--check') {
  writeFileSync(PAGE, `${text}\n`);
} else if (page !== `${text}\n`) {
  console.error('docs/construct.md is stale: run npm run generate');
  process.exitCode = 1;
}

type Exported = (ts.ClassDeclaration & { name: ts.Identifier }) | ts.TypeAliasDeclaration;

/** Returns the declarations that users of the package can name, in the order of the exports. */
function exportedDeclarations(): Exported[] {
  return parse('index.ts')
    .statements.filter(ts.isExportDeclaration)
    .flatMap(({ moduleSpecifier, exportClause }) => {
      const { statements } = parse((moduleSpecifier as ts.StringLiteral).text);
      return (exportClause as ts.NamedExports).elements.map(({ name }) => {
        const found = statements.find(
          (statement): statement is Exported =>
            (ts.isClassDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) &&
            statement.name?.text === name.text,
        );
        if (!found) throw new Error(`Expected a class or a type [${name.text}] in infra/`);
        return found;
      });
    });
}

function parse(file: string): ts.SourceFile {
  const path = join(INFRA, file);
  return ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
}

function section(declaration: Exported): string {
  const { name } = declaration;
  const paragraphs = [`### \`${name.text}\``, wrapped(descriptionOf(declaration))];
  if (ts.isTypeAliasDeclaration(declaration) && !ts.isTypeLiteralNode(declaration.type)) {
    paragraphs.push(wrapped(`Type: ${code(declaration.type)}`));
  } else {
    const { members } = ts.isClassDeclaration(declaration)
      ? declaration
      : (declaration.type as ts.TypeLiteralNode);
    paragraphs.push([...members].flatMap(item).join('\n'));
  }
  return paragraphs.filter(Boolean).join('\n\n');
}

/** Returns the line of a member in the list. What only the construct itself uses has none. */
function item(member: ts.ClassElement | ts.TypeElement): string[] {
  if (!member.name || !ts.isIdentifier(member.name)) return [];
  if (ts.getCombinedModifierFlags(member) & (ts.ModifierFlags.Protected | ts.ModifierFlags.Override))
    return [];
  const name = member.name.text;
  const description = descriptionOf(member);
  if (ts.isMethodDeclaration(member)) {
    const parameters = member.parameters.map((parameter) => parameter.getText()).join(', ');
    return [wrapped(`- \`${name}(${parameters}): ${member.type?.getText()}\`. ${description}`, '  ')];
  }
  const { type, questionToken } = member as ts.PropertyDeclaration | ts.PropertySignature;
  if (!type) return [];
  const tag = ts.getJSDocTags(member).find(({ tagName }) => tagName.text === 'default');
  const given = ts.getTextOfJSDocComment(tag?.comment)?.trim();
  // As in the CDK, a hyphen begins a default in words.
  const words = given?.startsWith('- ') ? given.slice(2) : given && `\`${given}\``;
  const note = ts.isPropertySignature(member)
    ? `, ${words ? `default: ${words}` : questionToken ? 'optional' : 'required'}`
    : '';
  return [wrapped(`- **\`${name}\`**: ${code(type)}${note}. ${description}`, '  ')];
}

/** Returns the docstring of a node, with links for Markdown. */
function descriptionOf(node: ts.Node): string {
  const [jsDoc] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  return (ts.getTextOfJSDocComment(jsDoc?.comment) ?? '')
    .replace(/\{@link (\w+)\}/g, '`$1`')
    .replace(/\bdocs\/([\w-]+\.md)/g, '[$1]($1)');
}

function code(node: ts.Node): string {
  const line = node.getText().replace(/\s+/g, ' ').replaceAll('( ', '(').replaceAll(', )', ')');
  return `\`${line}\``;
}

/** Breaks a paragraph into lines, but no code. */
function wrapped(paragraph: string, indent = ''): string {
  const lines: string[] = [];
  let line = '';
  for (const word of paragraph.match(/(?:`[^`]*`|[^\s`])+/g) ?? []) {
    if (line.trim() !== '' && line.length + 1 + word.length > COLUMNS) {
      lines.push(line);
      line = indent + word;
    } else line += line === '' ? word : ` ${word}`;
  }
  return [...lines, line].join('\n').trim();
}
