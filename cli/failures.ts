import { ProcessEndedError, RequestError } from '../client/index.ts';
import { DEV_COMMAND, OUTPUTS_COMMAND } from './command-names.ts';

/**
 * Thrown when a command ends without a result, for a reason that its user can act on. The message
 * is the complete text for the user.
 */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: number;

  constructor(message: string, { exitCode = 1, cause }: { exitCode?: number; cause?: unknown } = {}) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}

/**
 * Returns the lines that explain to a user why a command failed. Returns undefined for an internal
 * error, which needs its complete stack.
 */
export function explainFailure(error: unknown): string[] | undefined {
  if (error instanceof RequestError) return explainRequest(error).map(oneLine);
  if (error instanceof CommandError || error instanceof ProcessEndedError) return [oneLine(error.message)];
  return undefined;
}

/**
 * Removes line breaks and other control characters, which the causes of errors and JSON's own
 * messages may contain.
 */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}

function explainRequest(error: RequestError): string[] {
  const { errorType, message } = error;
  if (errorType === 'NetworkError') {
    return [`${message} (${innermost(error)}). Is the facade running? \`${DEV_COMMAND}\` starts it locally.`];
  }
  if (error.status === 401) {
    return [
      `The facade rejected the API key: ${message} \`${DEV_COMMAND}\` and \`${OUTPUTS_COMMAND}\` write the current one.`,
    ];
  }
  const problems = problemsOf(error);
  if (problems.length === 0) return [`${errorType}: ${message}`];
  // The message continues with the first problem. All problems follow here.
  return [
    `${errorType}: ${message.split(':')[0]}:`,
    ...problems.map(({ path, message: wrong }) => `  ${path || '(root)'} ${wrong}`),
  ];
}

/** Returns the innermost message: `fetch` itself says only that it failed. */
function innermost(error: Error): string {
  let inner = error;
  while (inner.cause instanceof Error) inner = inner.cause;
  return inner.message || inner.name;
}

function problemsOf({ errorInfo }: RequestError): { path: string; message: string }[] {
  const problems = (errorInfo as { problems?: unknown } | null | undefined)?.problems;
  return Array.isArray(problems) ? problems : [];
}
