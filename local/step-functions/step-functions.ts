import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DatabaseSync } from 'node:sqlite';
import type { EmitEvent } from '../common/aws-event.ts';
import type { InvokeLambda } from '../common/invoke-lambda.ts';
import type { Logger } from '../common/logger.ts';
import { createAwsJsonHandler } from '../iam/aws-json.ts';
import type { IsAllowed } from '../iam/iam.ts';
import type { SignatureVerifier } from '../iam/sigv4.ts';
import { checkDefinition, DefinitionError } from './check-definition.ts';
import { ExecutionStore } from './execution/execution-store.ts';
import { Executions } from './executions.ts';
import type { Machine } from './operation.ts';
import { stepFunctionsApi } from './operations.ts';

/** AWS deletes executions, and frees their names, this long after they ended. */
const RETENTION_MS = 90 * 86_400_000;

/** Step Functions on one machine. */
export type StepFunctions = {
  /** Handles a request of the API in AWS JSON 1.0. Never rejects. */
  handleRequest(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /**
   * Checks machines that replace the present ones, and returns a function that puts them in place.
   * Running executions continue on the definitions with which they were started. Throws
   * `DefinitionError`.
   */
  prepare(machines: readonly MachineDefinition[]): () => void;
  /**
   * Continues the executions that the last run of the process left RUNNING. Call it once their
   * Lambda functions can reach the services.
   */
  resume(): void;
  /** Returns the number of running executions. */
  runningCount(): number;
  /**
   * Stops all executions without recording an end, so that `resume` continues them after the next
   * start. Close Lambda and the database later.
   */
  close(): Promise<void>;
};

/** A state machine, as in the template. */
type MachineDefinition = { arn: string; name: string; definition: unknown; roleArn: string };

/**
 * Opens the Step Functions service over its tables in the database.
 *
 * `emit` writes to the same database, so a status and its event are committed together or not at
 * all. A machine that cannot run here as on AWS goes to `onUnsupported`, which throws its
 * `DefinitionError` by default. Then the machine does not exist.
 */
export function createStepFunctions(options: {
  machines: readonly MachineDefinition[];
  invokeLambda: InvokeLambda;
  emit: EmitEvent;
  database: DatabaseSync;
  verifier: SignatureVerifier;
  isAllowed: IsAllowed;
  onUnsupported?(machineArn: string, error: DefinitionError): void;
  /** Receives internal errors. @default console */
  logger?: Logger;
}): StepFunctions {
  const { invokeLambda, emit, database, verifier, isAllowed, logger = console } = options;
  const { onUnsupported = throwError } = options;
  const store = new ExecutionStore(database);
  const machines = new Map<string, Machine>();

  function prepare(definitions: readonly MachineDefinition[]): () => void {
    const prepared = definitions.flatMap(({ arn, name, roleArn, definition }): Machine[] => {
      const text = JSON.stringify(definition);
      try {
        checkDefinition(name, definition, { isSyntaxKnown: store.hasDefinition(text) });
      } catch (error) {
        if (!(error instanceof DefinitionError)) throw error;
        onUnsupported(arn, error);
        return [];
      }
      const definitionHash = store.addDefinition(text);
      const createdMs = machines.get(arn)?.createdMs ?? Date.now();
      return [{ arn, name, roleArn, definition: text, definitionHash, createdMs }];
    });
    return () => {
      machines.clear();
      for (const machine of prepared) machines.set(machine.arn, machine);
    };
  }

  prepare(options.machines)();
  const executions = new Executions({
    ...{ store, invokeLambda, isAllowed, emit, logger },
    isDeleted: (arn) => !machines.has(arn),
  });

  return {
    handleRequest: createAwsJsonHandler(stepFunctionsApi({ machines, store, executions }), {
      verifier,
      isAllowed,
      logger,
    }),
    prepare,
    resume() {
      store.deleteBefore(Date.now() - RETENTION_MS);
      executions.resume();
    },
    runningCount: () => executions.runningCount(),
    close: () => executions.close(),
  };
}

function throwError(_: string, error: DefinitionError): void {
  throw error;
}
