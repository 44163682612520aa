/**
 * CloudFormation's intrinsic functions, as far as the CDK uses them.
 *
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
 */
import { UnsupportedTemplate } from '../common/errors.ts';

/** The results of `Ref` and `Fn::GetAtt`: by logical id, `Ref` and the attributes. */
export type References = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * Evaluates every intrinsic function in a value. Throws {@link UnsupportedTemplate} for one that is
 * not supported.
 */
export function evaluate(value: unknown, references: References): unknown {
  if (Array.isArray(value)) return value.map((item) => evaluate(item, references));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (first && entries.length === 1) {
    const [name, argument] = first;
    if (name === 'Ref') return lookUp(references, String(argument), 'Ref');
    if (name === 'Fn::GetAtt') return getAtt(references, argument);
    if (name === 'Fn::Join') return join(references, argument);
    if (name === 'Fn::Sub') return substitute(references, argument);
    if (name === 'Fn::Select') return select(references, argument);
    if (name === 'Fn::Split') return split(references, argument);
    if (name.startsWith('Fn::') || name === 'Condition')
      throw new UnsupportedTemplate([`intrinsic function ${name}`]);
  }
  return Object.fromEntries(entries.map(([key, item]) => [key, evaluate(item, references)]));
}

function lookUp(references: References, id: string, attribute: string): string {
  const ofResource = Object.hasOwn(references, id) ? references[id] : undefined;
  const value = ofResource && Object.hasOwn(ofResource, attribute) ? ofResource[attribute] : undefined;
  if (value === undefined) {
    throw new UnsupportedTemplate([attribute === 'Ref' ? `Ref of ${id}` : `attribute ${attribute} of ${id}`]);
  }
  return value;
}

function getAtt(references: References, argument: unknown): string {
  const [id = '', ...attribute] = Array.isArray(argument)
    ? argument.map(String)
    : String(argument).split('.');
  return lookUp(references, id, attribute.join('.'));
}

function join(references: References, argument: unknown): string {
  const [separator, parts] = argument as [string, unknown];
  return (evaluate(parts, references) as unknown[]).map(String).join(separator);
}

function substitute(references: References, argument: unknown): string {
  const [text, variables] = (Array.isArray(argument) ? argument : [argument, {}]) as [
    string,
    Record<string, unknown>,
  ];
  return text.replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
    if (literal) return `\${${name}}`;
    if (Object.hasOwn(variables, name)) return String(evaluate(variables[name], references));
    const [id = '', ...attribute] = name.split('.');
    return lookUp(references, id, attribute.join('.') || 'Ref');
  });
}

function select(references: References, argument: unknown): unknown {
  const [index, list] = argument as [number | string, unknown];
  return (evaluate(list, references) as unknown[])[Number(index)];
}

function split(references: References, argument: unknown): string[] {
  const [separator, text] = argument as [string, unknown];
  return String(evaluate(text, references)).split(separator);
}
