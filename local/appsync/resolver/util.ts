import { randomInt, randomUUID } from 'node:crypto';
import type { Caller } from './callers.ts';
import type { Effects } from './effects.ts';
import { FieldError } from './errors.ts';
import { notAuthorized } from './field-authorization.ts';
import { time } from './time.ts';
import { onlySupported } from './unsupported.ts';

/** Thrown by `runtime.earlyReturn` to end the whole resolver with a value. */
export class EarlyReturn {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

/** `runtime` of `@aws-appsync/utils`. */
export const runtime = onlySupported('runtime', {
  earlyReturn(value?: unknown): never {
    throw new EarlyReturn(value ?? null);
  },
});

const AUTH_TYPES: Record<Caller['mode'], string> = {
  API_KEY: 'API Key Authorization',
  AWS_IAM: 'IAM Authorization',
};

type ErrorArguments = [message: string, errorType?: string | null, data?: unknown, errorInfo?: unknown];

/**
 * Creates `util` of `@aws-appsync/utils` for one run of a handler. Unsupported members throw an
 * error that names them.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/built-in-util-js.html
 */
export function createUtil(
  field: { typeName: string; fieldName: string },
  callerMode: Caller['mode'],
  effects: Effects,
) {
  return onlySupported('util', {
    error(...args: ErrorArguments): never {
      throw raised(...args);
    },
    appendError(...args: ErrorArguments): void {
      effects.errors.push(raised(...args));
    },
    unauthorized(): never {
      throw notAuthorized(field.typeName, field.fieldName);
    },
    authType: () => AUTH_TYPES[callerMode],
    autoId: () => randomUUID(),
    // It is based on Java's Pattern.matches, which must match the whole text.
    matches: (pattern: string, text: string) => new RegExp(`^(?:${pattern})$`, 's').test(text),
    urlEncode: (text: string) => new URLSearchParams({ _: text }).toString().slice(2),
    urlDecode: (text: string) => decodeURIComponent(text.replaceAll('+', ' ')),
    base64Encode: (text: string) => Buffer.from(text).toString('base64'),
    base64Decode: (text: string) => Buffer.from(text, 'base64').toString(),
    time,
    str: onlySupported('util.str', {
      normalize: (text: string, form: string) => text.normalize(form.toUpperCase()),
    }),
    math: onlySupported('util.math', {
      roundNum: (value: number) => Math.round(value),
      minVal: (a: number, b: number) => Math.min(a, b),
      maxVal: (a: number, b: number) => Math.max(a, b),
      randomDouble: () => Math.random(),
      randomWithinRange: (start: number, end: number) => randomInt(start, end + 1),
    }),
  });
}

/**
 * Creates the error of a handler. The values are copied as JSON, because they belong to the
 * handler's realm, which may change them later.
 */
function raised(...[message, errorType, data, errorInfo]: ErrorArguments): FieldError {
  return new FieldError(String(message), errorType ?? null, {
    data: plain(data),
    errorInfo: plain(errorInfo),
  });
}

function plain(value: unknown): unknown {
  return value === undefined ? null : JSON.parse(JSON.stringify(value));
}
