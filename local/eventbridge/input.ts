import { TargetError, ValidationException } from './errors.ts';
import { compileJsonPath } from './json-path.ts';

/** The input of a target; without any of the three, the whole event. */
export type TargetInput = {
  /** JSON text that is sent instead of the event. */
  input?: string | undefined;
  inputPath?: string | undefined;
  inputTransformer?:
    | { inputPathsMap?: Record<string, string> | undefined; inputTemplate: string }
    | undefined;
};

/** The values of a template's reserved variables. `ingestionTime` is when the event arrived. */
type InputContext = { ruleArn: string; ruleName: string; ingestionTime: string };

/**
 * Returns the target's input for an event. Throws {@link TargetError} `INVALID_JSON` if a filled
 * template is not valid JSON.
 */
export type InputOf = (event: Record<string, unknown>, context: InputContext) => unknown;

const MAX_PATHS = 100;
const MAX_TEMPLATE_CHARS = 8192;

/**
 * The variables that every template may use. An object is allowed only as a value, not within
 * quotes.
 */
const RESERVED: Record<string, (event: Record<string, unknown>, context: InputContext) => unknown> = {
  'aws.events.rule-arn': (_, { ruleArn }) => ruleArn,
  'aws.events.rule-name': (_, { ruleName }) => ruleName,
  'aws.events.event.ingestion-time': (_, { ingestionTime }) => ingestionTime,
  'aws.events.event': ({ detail: _, 'detail-type': detailType, ...event }) => ({ ...event, detailType }),
  'aws.events.event.json': (event) => event,
};
const VALUE_ONLY = new Set(['aws.events.event', 'aws.events.event.json']);

/**
 * Compiles the input of a target. Throws {@link ValidationException} for what `PutTargets` rejects,
 * and for a template that is never valid JSON, whatever the event.
 *
 * A variable within quotes becomes raw text, which EventBridge does not escape. Elsewhere it
 * becomes a JSON value. A variable whose path finds nothing becomes an empty text.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
export function compileInput(targetId: string, { input, inputPath, inputTransformer }: TargetInput): InputOf {
  if ([input, inputPath, inputTransformer].filter((given) => given !== undefined).length > 1) {
    throw new ValidationException(
      `Only one of Input, InputPath, or InputTransformer must be provided for target ${targetId}.`,
    );
  }
  if (input !== undefined) {
    const value = parsed(input, (cause) => {
      return new ValidationException(`JSON syntax error in input for target ${targetId}.`, { cause });
    });
    return () => value;
  }
  if (inputPath !== undefined) {
    const path = compileJsonPath(inputPath);
    return (event) => path(event) ?? null;
  }
  if (inputTransformer) {
    return compileTemplate(targetId, inputTransformer.inputTemplate, inputTransformer.inputPathsMap ?? {});
  }
  return (event) => event;
}

function compileTemplate(targetId: string, template: string, pathsMap: Record<string, string>): InputOf {
  const mapped = Object.entries(pathsMap);
  if (mapped.length > MAX_PATHS) {
    throw new ValidationException(
      `Expected at most ${MAX_PATHS} entries in InputPathsMap for target ${targetId}, got ${mapped.length}`,
    );
  }
  if (template.length > MAX_TEMPLATE_CHARS) {
    throw new ValidationException(
      `Expected at most ${MAX_TEMPLATE_CHARS} characters in InputTemplate for target ${targetId}, got ${template.length}`,
    );
  }
  const paths = new Map(mapped.map(([name, path]) => [name, compileJsonPath(path)]));
  const pieces = piecesOf(template);
  for (const piece of pieces) {
    if (typeof piece === 'string') continue;
    const { name, isInText } = piece;
    const isReserved = Object.hasOwn(RESERVED, name);
    if (!paths.has(name) && (!isReserved || (isInText && VALUE_ONLY.has(name)))) {
      throw new ValidationException(
        `InputTemplate for target ${targetId} contains invalid placeholder ${name}.`,
      );
    }
  }
  const filled = (fill: (placeholder: Placeholder) => string) =>
    pieces.map((piece) => (typeof piece === 'string' ? piece : fill(piece))).join('');
  parsed(
    filled(({ isInText }) => (isInText ? '' : 'null')),
    (cause) => new ValidationException(`InputTemplate for target ${targetId} is not valid JSON.`, { cause }),
  );

  return (event, context) => {
    const text = filled(({ name, isInText }) => {
      const path = paths.get(name);
      const value = path ? path(event) : RESERVED[name]?.(event, context);
      return isInText ? asText(value) : asJson(value);
    });
    return parsed(text, (cause) => {
      return new TargetError('INVALID_JSON', `The filled input template is not valid JSON: ${text}`, {
        cause,
      });
    });
  };
}

/** A variable in a template. `isInText`: within quotes. */
type Placeholder = { name: string; isInText: boolean };

/** Splits the template at its placeholders. */
function piecesOf(template: string): (string | Placeholder)[] {
  let isInText = false;
  return template.split(/(<[\w.-]+>)/).map((piece, i) => {
    if (i % 2 === 1) return { name: piece.slice(1, -1), isInText };
    const quotes = piece.replace(/\\./gs, '').match(/"/g) ?? [];
    isInText = isInText !== (quotes.length % 2 === 1);
    return piece;
  });
}

function asJson(value: unknown): string {
  return value === undefined ? '""' : JSON.stringify(value);
}

function asText(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value === 'object' && value !== null) return JSON.stringify(value).replaceAll('"', '');
  return String(value);
}

function parsed(text: string, error: (cause: unknown) => Error): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw error(cause);
  }
}
