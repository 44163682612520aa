import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DatabaseSync } from 'node:sqlite';
import type { EmitEvent } from '../common/aws-event.ts';
import type { InvokeLambda } from '../common/invoke-lambda.ts';
import type { Logger } from '../common/logger.ts';
import { createAwsJsonHandler } from '../iam/aws-json.ts';
import type { IsAllowed } from '../iam/iam.ts';
import type { SignatureVerifier } from '../iam/sigv4.ts';
import { checkDefinition } from './check-definition.ts';
import { createExecutionStore } from './execution/execution-store.ts';
import { createExecutions } from './executions.ts';
import type { Machine } from './operation.ts';
import { stepFunctionsApi } from './operations.ts';

/** AWS forgets executions, and lets their names be used again, this long after they ended. */
const RETENTION_MS = 90 * 86_400_000;

/** Step Functions, on one machine. */
export type StepFunctions = {
  /** Answers a request of the API, in AWS JSON 1.0. Never rejects. */
  handleRequest(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /**
   * Runs on with the executions that the last run of the process left RUNNING. Call it once their
   * Lambda functions can reach the services.
   */
  resume(): void;
  /** How many executions run. */
  runningCount(): number;
  /**
   * Stops all executions without an end, so that `resume` goes on with them after the next start.
   * Close Lambda and the database later.
   */
  close(): Promise<void>;
};

/**
 * Opens the Step Functions service over its tables in the database.
 *
 * `emit` writes to the same database, so a status and its event are kept together or not at all.
 * Throws `DefinitionError` for the first machine that cannot be run here as on AWS.
 */
export function createStepFunctions(options: {
  machines: { arn: string; name: string; definition: unknown; roleArn: string }[];
  invokeLambda: InvokeLambda;
  emit: EmitEvent;
  database: DatabaseSync;
  verifier: SignatureVerifier;
  isAllowed: IsAllowed;
  /** Receives internal errors. @default console */
  logger?: Logger;
}): StepFunctions {
  const { invokeLambda, emit, database, verifier, isAllowed, logger = console } = options;
  const store = createExecutionStore(database);
  const createdMs = Date.now();
  const machines = new Map<string, Machine>();
  for (const { arn, name, roleArn, definition } of options.machines) {
    const text = JSON.stringify(definition);
    checkDefinition(name, definition, { isSyntaxKnown: store.hasDefinition(text) });
    const definitionHash = store.addDefinition(text);
    machines.set(arn, { arn, name, roleArn, definition: text, definitionHash, createdMs });
  }
  const executions = createExecutions({
    ...{ store, invokeLambda, isAllowed, emit, logger },
    isDeleted: (arn) => !machines.has(arn),
  });

  return {
    handleRequest: createAwsJsonHandler(stepFunctionsApi({ machines, store, executions }), {
      verifier,
      isAllowed,
      logger,
    }),
    resume() {
      store.forgetBefore(Date.now() - RETENTION_MS);
      executions.resume();
    },
    runningCount: executions.runningCount,
    close: executions.close,
  };
}
