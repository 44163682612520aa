import { ProcessEndedError, RequestError } from '../client/index.ts';

/**
 * Thrown when a command ends without a result, for a reason that its user can act on; the message
 * is the whole text for them.
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
 * The lines that tell a user why a command failed; undefined for a defect, whose stack is wanted
 * whole.
 */
export function explainFailure(error: unknown): string[] | undefined {
  if (error instanceof RequestError) return explainRequest(error).map(oneLine);
  if (error instanceof CommandError || error instanceof ProcessEndedError) return [oneLine(error.message)];
  return undefined;
}

/**
 * The text without line breaks and other control characters, which errors' causes and JSON's own
 * messages may bring.
 */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}

function explainRequest(error: RequestError): string[] {
  const { errorType, message } = error;
  if (errorType === 'NetworkError') {
    return [
      `${message} (${innermost(error)}). Does the facade run? \`npm start\` starts it on this machine.`,
    ];
  }
  if (error.status === 401) {
    return [
      `The facade refuses the API key: ${message} \`npm start\` and \`npm run outputs\` write the present one.`,
    ];
  }
  const problems = problemsOf(error);
  if (problems.length === 0) return [`${errorType}: ${message}`];
  // The message goes on with the first of the problems, all of which follow here.
  return [
    `${errorType}: ${message.split(':')[0]}:`,
    ...problems.map(({ path, message: wrong }) => `  ${path || '(the whole)'} ${wrong}`),
  ];
}

/** `fetch` says no more than that it failed; why stands in the causes. */
function innermost(error: Error): string {
  let inner = error;
  while (inner.cause instanceof Error) inner = inner.cause;
  return inner.message || inner.name;
}

function problemsOf({ errorInfo }: RequestError): { path: string; message: string }[] {
  const problems = (errorInfo as { problems?: unknown } | null | undefined)?.problems;
  return Array.isArray(problems) ? problems : [];
}
