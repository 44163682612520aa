import { type GraphQLScalarType, valueFromASTUntyped } from 'graphql';
import { nestsTooDeep } from '../../common/json.ts';
import { FieldValueError } from '../resolver/errors.ts';
import {
  isAwsDate,
  isAwsDateTime,
  isAwsEmail,
  isAwsIpAddress,
  isAwsPhone,
  isAwsTime,
  isAwsUrl,
} from './scalar-formats.ts';

type Conversions = Pick<GraphQLScalarType, 'parseValue' | 'serialize'>;

/**
 * Thrown when an argument or a variable is not valid for an AWS scalar. The message is the second
 * half of AppSync's own.
 */
export class ScalarInputError extends Error {
  override readonly name = 'ScalarInputError';
}

const TIMESTAMP_NOUN =
  "timestamp. Ensure that the value provided is an Integer that lies within the limits specified in this scalar's description";

const SCALARS = new Map<string, Conversions>(
  Object.entries({
    AWSDate: checked('date', isAwsDate),
    AWSTime: checked('time', isAwsTime),
    AWSDateTime: checked('DateTime Object', isAwsDateTime),
    AWSEmail: checked('email address', isAwsEmail),
    AWSURL: checked('URL', isAwsUrl),
    AWSPhone: checked('phone number', isAwsPhone),
    AWSIPAddress: checked('IP address', isAwsIpAddress),
    AWSTimestamp: unchanged(TIMESTAMP_NOUN, (value) => Number.isSafeInteger(value)),
    AWSJSON: {
      parseValue(value) {
        if (typeof value !== 'string') throw notJson(value);
        let parsed: unknown;
        try {
          parsed = JSON.parse(value);
        } catch {
          throw notJson(value);
        }
        if (!canBePassedOn(parsed)) throw notJson(value);
        return parsed;
      },
      serialize: (value) => JSON.stringify(value),
    },
  }),
);

/** AppSync's declarations in every schema. */
export const AWS_SCALAR_DECLARATIONS = [...SCALARS.keys()].map((name) => `scalar ${name}`).join('\n');

/**
 * Adds checks and conversions to an AWS scalar that is declared by name only. Other scalars stay
 * unchanged.
 *
 * `AWSJSON` arrives as a JSON text, is a parsed value for resolvers, and is returned as a JSON text
 * again. A string that a resolver returns is therefore quoted once more. All other scalars are only
 * checked, on input and on output.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/scalars.html
 */
export function implementAwsScalar(scalar: GraphQLScalarType): void {
  const conversions = SCALARS.get(scalar.name);
  if (!conversions) return;
  Object.assign(scalar, conversions, {
    parseLiteral: (node, variables) => conversions.parseValue(valueFromASTUntyped(node, variables)),
  } satisfies Pick<GraphQLScalarType, 'parseLiteral'>);
}

function checked(noun: string, isValid: (text: string) => boolean): Conversions {
  return unchanged(noun, (value) => typeof value === 'string' && isValid(value));
}

function unchanged(noun: string, isValid: (value: unknown) => boolean): Conversions {
  return {
    parseValue(value) {
      if (isValid(value)) return value;
      throw new ScalarInputError(`Unable to parse \`${display(value)}\` as a valid ${noun}.`);
    },
    serialize(value) {
      if (isValid(value)) return value;
      throw new FieldValueError(
        (path) =>
          `Can't serialize value (${path}) : Unable to serialize \`${display(value)}\` as a valid ${noun}.`,
      );
    },
  };
}

/**
 * Returns false for a number that would become null in the JSON for a resolver (1e400), and for a
 * nesting that could overflow its stack.
 */
function canBePassedOn(json: unknown): boolean {
  return !nestsTooDeep(json) && hasFiniteNumbers(json);
}

function hasFiniteNumbers(json: unknown): boolean {
  if (typeof json === 'number') return Number.isFinite(json);
  return typeof json !== 'object' || json === null || Object.values(json).every(hasFiniteNumbers);
}

function notJson(value: unknown): ScalarInputError {
  return new ScalarInputError(`Unable to parse ${display(value)} as valid JSON.`);
}

function display(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
