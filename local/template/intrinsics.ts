/**
 * CloudFormation's intrinsic functions.
 *
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
 */
import { UnsupportedTemplate } from '../common/errors.ts';
import { cidrBlocks } from './cidr.ts';

/** What the functions of one stack refer to. */
export type Scope = {
  /** Returns the result of `Ref` or of `Fn::GetAtt`. Undefined is `AWS::NoValue`. */
  reference(id: string, attribute: string): unknown;
  condition(name: string): boolean;
  /** Returns undefined for a key that the mapping does not have. */
  mapped(mapping: string, key: string, secondKey: string): unknown;
  exported(name: string): unknown;
  outputOf(stackName: string, output: string): unknown;
};

type Arguments = (index: number) => unknown;
type Intrinsic = (argument: unknown, scope: Scope) => unknown;

const AVAILABILITY_ZONES = ['a', 'b', 'c'];

const INTRINSICS = new Map<string, Intrinsic>([
  ['Ref', (id, scope) => scope.reference(String(id), 'Ref')],
  ['Fn::GetAtt', getAtt],
  ['Fn::Sub', substitute],
  ['Fn::ImportValue', (name, scope) => scope.exported(String(evaluate(name, scope)))],
  ['Fn::GetStackOutput', stackOutput],
  ['Fn::If', chooseOne],
  ['Condition', (name, scope) => scope.condition(String(name))],
  ['Fn::And', (tests, scope) => listOf(tests, scope).every(Boolean)],
  ['Fn::Or', (tests, scope) => listOf(tests, scope).some(Boolean)],
  [
    'Fn::Join',
    ofList((at) =>
      toList(at(1))
        .map(String)
        .join(String(at(0))),
    ),
  ],
  ['Fn::Select', ofList((at) => (Array.isArray(at(1)) ? toList(at(1))[Number(at(0))] : at(1)))],
  ['Fn::Split', ofList((at) => String(at(1)).split(String(at(0))))],
  ['Fn::Equals', ofList((at) => String(at(0)) === String(at(1)))],
  ['Fn::Not', ofList((at) => !at(0))],
  ['Fn::Cidr', ofList((at) => cidrBlocks(String(at(0)), Number(at(1)), Number(at(2) ?? 8)))],
  ['Fn::FindInMap', findInMap],
  ['Fn::Base64', (text, scope) => Buffer.from(String(evaluate(text, scope))).toString('base64')],
  [
    'Fn::GetAZs',
    (_, scope) => AVAILABILITY_ZONES.map((zone) => `${scope.reference('AWS::Region', 'Ref')}${zone}`),
  ],
  ['Fn::Length', (list, scope) => toList(evaluate(list, scope)).length],
  ['Fn::ToJsonString', (value, scope) => JSON.stringify(evaluate(value, scope))],
]);

/**
 * Evaluates every intrinsic function in a value. Throws {@link UnsupportedTemplate} for one that is
 * not supported, or whose arguments are not valid.
 */
export function evaluate(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value))
    return value.map((item) => evaluate(item, scope)).filter((item) => item !== undefined);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (first && entries.length === 1) {
    const [name, argument] = first;
    const intrinsic = INTRINSICS.get(name);
    if (intrinsic) return call(name, () => intrinsic(argument, scope), argument);
    if (name.startsWith('Fn::')) throw new UnsupportedTemplate([`intrinsic function ${name}`]);
  }
  return Object.fromEntries(
    entries.map(([key, item]) => [key, evaluate(item, scope)]).filter(([, item]) => item !== undefined),
  );
}

/** A template that no CDK construct wrote may have arguments of any shape, and circles. */
function call(name: string, work: () => unknown, argument: unknown): unknown {
  try {
    return work();
  } catch (error) {
    if (error instanceof UnsupportedTemplate) throw error;
    throw new UnsupportedTemplate([
      `${name} of ${JSON.stringify(argument).slice(0, 100)}: ${(error as Error).message}`,
    ]);
  }
}

function ofList(work: (at: Arguments) => unknown): Intrinsic {
  return (argument, scope) => {
    const all = listOf(argument, scope);
    return work((index) => all[index]);
  };
}

function listOf(argument: unknown, scope: Scope): unknown[] {
  return (argument as unknown[]).map((item) => evaluate(item, scope));
}

/** An attribute that is a list on AWS is one placeholder here. */
function toList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

function getAtt(argument: unknown, scope: Scope): unknown {
  const [id = '', ...attribute] = Array.isArray(argument)
    ? argument.map((part) => String(evaluate(part, scope)))
    : String(argument).split('.');
  return scope.reference(id, attribute.join('.'));
}

function substitute(argument: unknown, scope: Scope): string {
  const [text, variables] = (Array.isArray(argument) ? argument : [argument, {}]) as [
    string,
    Record<string, unknown>,
  ];
  return text.replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
    if (literal) return `\${${name}}`;
    if (Object.hasOwn(variables, name)) return String(evaluate(variables[name], scope));
    const [id = '', ...attribute] = name.split('.');
    return String(scope.reference(id, attribute.join('.') || 'Ref'));
  });
}

function chooseOne(argument: unknown, scope: Scope): unknown {
  const [condition, whenTrue, whenFalse] = argument as [string, unknown, unknown];
  return evaluate(scope.condition(condition) ? whenTrue : whenFalse, scope);
}

function findInMap(argument: unknown, scope: Scope): unknown {
  const [mapping, key, secondKey, options] = listOf(argument, scope);
  const value = scope.mapped(String(mapping), String(key), String(secondKey));
  if (value !== undefined) return value;
  const isOptional = typeof options === 'object' && options !== null && 'DefaultValue' in options;
  if (isOptional) return options.DefaultValue;
  throw new UnsupportedTemplate([
    `mapping ${[mapping, key, secondKey].join('.')}, which is not in the template`,
  ]);
}

function stackOutput(argument: unknown, scope: Scope): unknown {
  const { StackName, OutputName } = evaluate(argument, scope) as Record<string, unknown>;
  return scope.outputOf(String(StackName), String(OutputName));
}
