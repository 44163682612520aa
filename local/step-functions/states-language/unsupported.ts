/**
 * The features that this runtime does not run as Step Functions does. A definition with any of them
 * is rejected when it is loaded, so that nothing succeeds here that fails on AWS, or the reverse.
 */

import { MAX_TIMEOUT_MS } from '../../common/clock.ts';
import { isObject, type JsonObject, type JsonValue } from '../../common/json.ts';
import { isIntrinsic, parseIntrinsic, pathsOf } from './intrinsic-function.ts';
import { parsePath, VARIABLE_NAME } from './reference-path.ts';
import type { Retrier, RetryAndCatch, State, StateMachine } from './state-machine.ts';

/** An unsupported feature of a state. */
export type Problem = { state: string; feature: string };

type Fields = Record<string, JsonValue | undefined>;

/** Fields of unsupported features. */
const FIELDS = new Map(
  Object.entries({
    Arguments: 'JSONata (Arguments)',
    Output: 'JSONata (Output)',
    Items: 'JSONata (Items)',
    Condition: 'JSONata (Condition)',
    HeartbeatSeconds: 'heartbeats (HeartbeatSeconds)',
    HeartbeatSecondsPath: 'heartbeats (HeartbeatSecondsPath)',
    TimeoutSecondsPath: 'a timeout from the input (TimeoutSecondsPath)',
    Credentials: 'another role for one state (Credentials)',
    ItemReader: 'distributed Map (ItemReader)',
    ItemBatcher: 'distributed Map (ItemBatcher)',
    ResultWriter: 'distributed Map (ResultWriter)',
    Label: 'distributed Map (Label)',
    ToleratedFailureCount: 'distributed Map (ToleratedFailureCount)',
    ToleratedFailureCountPath: 'distributed Map (ToleratedFailureCountPath)',
    ToleratedFailurePercentage: 'distributed Map (ToleratedFailurePercentage)',
    ToleratedFailurePercentagePath: 'distributed Map (ToleratedFailurePercentagePath)',
  }),
);

const PATH_FIELDS = [
  'InputPath',
  'OutputPath',
  'ItemsPath',
  'SecondsPath',
  'TimestampPath',
  'MaxConcurrencyPath',
];
const TEMPLATE_FIELDS = ['Parameters', 'ResultSelector', 'ItemSelector', 'Assign'];
const EXPRESSION_FIELDS = ['ErrorPath', 'CausePath'];

const CONTEXT =
  /^\$\$(\.Execution(\.(Id|Name|RoleArn|StartTime|RedriveCount|RedriveTime)|\.Input.*)?|\.StateMachine(\.(Id|Name))?|\.State(\.(Name|EnteredTime|RetryCount))?)?$/s;
const MAP_CONTEXT = /^\$\$\.Map\.Item\.(Index$|Value)/;
const FUNCTION_ARN = /^arn:[^:]+:lambda:[^:]*:[^:]*:function:[^:]+(:[^:]+)?$/;
const MAX_DELAY_SECONDS = Math.floor(MAX_TIMEOUT_MS / 1000);

/**
 * Returns all unsupported features of a definition, also those in inner states. The definition must
 * have passed the syntax check.
 */
export function unsupportedFeatures(machine: StateMachine, outerVariables: string[] = []): Problem[] {
  const variables = [...outerVariables, ...Object.values(machine.States).flatMap(assignedBy)];
  return Object.entries(machine.States).flatMap(([name, state]) => [
    ...[...ofState(state), ...ofVariables(state, outerVariables)].map((feature) => ({
      state: name,
      feature,
    })),
    ...innerMachines(state).flatMap((inner) => unsupportedFeatures(inner, variables)),
  ]);
}

/** Returns the names of the variables that a state, its rules, and its catchers assign. */
function assignedBy(state: State): string[] {
  const rules = state.Type === 'Choice' ? state.Choices : [];
  const catchers = 'Catch' in state ? (state.Catch ?? []) : [];
  return [state as { Assign?: JsonObject }, ...rules, ...catchers].flatMap(({ Assign = {} }) =>
    Object.keys(Assign).map((name) => name.replace(/\.\$$/, '')),
  );
}

function ofVariables(state: State, outerVariables: string[]): string[] {
  return assignedBy(state).flatMap((name) => {
    if (!VARIABLE_NAME.test(name)) {
      return `the variable "${name}": a name is an identifier of at most 80 characters, and not "states"`;
    }
    if (!outerVariables.includes(name)) return [];
    return `the variable "${name}" of the states around: a branch or iteration reads it, and cannot assign it`;
  });
}

/** Returns the inner machines of a state: the branches of a Parallel, the processor of a Map. */
export function innerMachines(state: State): StateMachine[] {
  if (state.Type === 'Parallel') return state.Branches;
  if (state.Type !== 'Map') return [];
  return [state.ItemProcessor ?? state.Iterator].filter((machine) => machine !== undefined);
}

function ofState(state: State): string[] {
  const fields = state as Fields;
  const isMap = state.Type === 'Map';
  const problems = Object.keys(fields).flatMap((field) => FIELDS.get(field) ?? []);
  if (fields.QueryLanguage === 'JSONata') problems.push('JSONata (QueryLanguage)');
  if (state.Type === 'Task') {
    if (!FUNCTION_ARN.test(state.Resource)) {
      problems.push(`the resource ${state.Resource}: only the ARN of a Lambda function can be called`);
    }
    if (state.TimeoutSeconds !== undefined) problems.push(...wildcard(state, 'with TimeoutSeconds'));
  }
  if (state.Type === 'Parallel' || isMap) problems.push(...wildcard(state, `in a ${state.Type}`));
  for (const processor of [fields.ItemProcessor, fields.Iterator]) {
    const config = isMap && isObject(processor) ? processor.ProcessorConfig : undefined;
    if (isObject(config) && config.Mode === 'DISTRIBUTED') {
      problems.push('distributed Map (ProcessorConfig)');
    }
  }
  if ('Retry' in state || 'Catch' in state) problems.push(...ofRetryAndCatch(state));
  if (state.Type === 'Choice') problems.push(...state.Choices.flatMap(ofRule));

  for (const field of PATH_FIELDS) problems.push(...ofPath(fields[field], false));
  for (const field of EXPRESSION_FIELDS) problems.push(...ofExpression(fields[field], false));
  for (const field of TEMPLATE_FIELDS) {
    problems.push(
      ...ofTemplate(fields[field], isMap && (field === 'Parameters' || field === 'ItemSelector')),
    );
  }
  problems.push(...ofResultPath(fields.ResultPath));
  return [...new Set(problems)];
}

function ofRetryAndCatch({ Retry = [], Catch = [] }: RetryAndCatch): string[] {
  const problems: string[] = [];
  for (const rules of [Retry, Catch]) {
    for (const [index, { ErrorEquals }] of rules.entries()) {
      if (ErrorEquals.includes('States.ALL') && (ErrorEquals.length > 1 || index < rules.length - 1)) {
        problems.push(
          'States.ALL beside other errors or before other rules, which Step Functions rejects too',
        );
      }
      if (ErrorEquals.includes('States.BranchFailed')) problems.push('the error name States.BranchFailed');
    }
  }
  if (Retry.some(({ IntervalSeconds = 1 }) => !Number.isInteger(IntervalSeconds) || IntervalSeconds < 1)) {
    problems.push('an IntervalSeconds that is not an integer from 1, which Step Functions rejects too');
  }
  if (Retry.some((retrier) => maxInterval(retrier) > MAX_DELAY_SECONDS)) {
    problems.push(`a Retry interval over ${MAX_DELAY_SECONDS} s`);
  }
  for (const catcher of Catch) {
    problems.push(
      ...Object.keys(catcher).flatMap((field) => FIELDS.get(field) ?? []),
      ...ofResultPath(catcher.ResultPath),
      ...ofTemplate(catcher.Assign, false),
    );
  }
  return problems;
}

function maxInterval({
  IntervalSeconds = 1,
  MaxAttempts = 3,
  BackoffRate = 2,
  MaxDelaySeconds,
}: Retrier): number {
  return Math.min(
    IntervalSeconds * BackoffRate ** Math.max(0, MaxAttempts - 1),
    MaxDelaySeconds ?? Number.POSITIVE_INFINITY,
  );
}

/**
 * The engine would also match timeouts with `States.TaskFailed`, and does not match it outside of
 * Task states.
 */
function wildcard({ Retry = [], Catch = [] }: RetryAndCatch, where: string): string[] {
  const isUsed = [...Retry, ...Catch].some(({ ErrorEquals }) => ErrorEquals.includes('States.TaskFailed'));
  return isUsed ? [`States.TaskFailed ${where}: name the errors or use States.ALL`] : [];
}

function ofRule(rule: JsonValue | undefined): string[] {
  if (Array.isArray(rule)) return rule.flatMap(ofRule);
  if (!isObject(rule)) return [];
  const problems = Object.keys(rule).flatMap((field) => FIELDS.get(field) ?? []);
  for (const [field, value] of Object.entries(rule)) {
    if (field === 'And' || field === 'Or' || field === 'Not') problems.push(...ofRule(value));
    if (field === 'Assign') problems.push(...ofTemplate(value, false));
    else if (field === 'Variable' || field.endsWith('Path')) problems.push(...ofPath(value, false));
  }
  return problems;
}

function ofTemplate(template: JsonValue | undefined, inMap: boolean): string[] {
  if (Array.isArray(template)) return template.flatMap((item) => ofTemplate(item, inMap));
  if (!isObject(template)) return [];
  return Object.entries(template).flatMap(([name, value]) =>
    name.endsWith('.$') ? ofExpression(value, inMap) : ofTemplate(value, inMap),
  );
}

function ofExpression(expression: JsonValue | undefined, inMap: boolean): string[] {
  if (typeof expression !== 'string' || !isIntrinsic(expression)) return ofPath(expression, inMap);
  const call = parseIntrinsic(expression);
  return typeof call === 'string' ? [call] : pathsOf(call).flatMap((path) => ofPath(path, inMap));
}

function ofPath(path: JsonValue | undefined, inMap: boolean): string[] {
  if (typeof path !== 'string') return [];
  const parsed = parsePath(path);
  if (!parsed) return [`the path ${path}: only paths to one place are followed`];
  if (parsed.root !== 'context' || CONTEXT.test(path) || (inMap && MAP_CONTEXT.test(path))) return [];
  return [`the context path ${path}`];
}

function ofResultPath(path: JsonValue | undefined): string[] {
  if (typeof path !== 'string') return [];
  const parsed = parsePath(path);
  const isSupported = parsed?.root === 'data' && parsed.steps.every((step) => typeof step === 'string');
  return isSupported ? [] : [`the ResultPath ${path}: only names of fields are followed`];
}
