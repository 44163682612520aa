/**
 * The function of each field that one resolves, with the rights of that field.
 */
import type { Duration } from 'aws-cdk-lib';
import type * as appsync from 'aws-cdk-lib/aws-appsync';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { createFunction, FIELD_TIMEOUT, type FunctionProps, type FunctionSettings } from './functions.ts';
import {
  allowExecutions,
  allowListing,
  allowObjects,
  readStateRights,
  recordRights,
  startRights,
} from './rights.ts';

/**
 * Which fields have a function (`api/Type.field.ts`), and which of these need the definitions
 * beside their code.
 */
export const FIELDS = {
  'Query.processState': { definitions: false },
  'Query.processData': { definitions: true },
  'Query.processHistory': { definitions: false },
  'Query.processDefinitions': { definitions: true },
  'Mutation.startProcess': { definitions: true },
  'Mutation.stopProcess': { definitions: false },
  'Mutation.redriveProcess': { definitions: false },
} as const;

type Field = keyof typeof FIELDS;

/** The functions by their fields. */
export function createFields(
  scope: Construct,
  bucket: s3.Bucket,
  api: appsync.GraphqlApi,
  machineArn: (definition: string) => string,
  definitions: readonly string[],
  repairAfter: Duration,
  settings: FunctionSettings,
): Record<Field, lambda.Function> {
  const create = (field: Field, rights: FunctionProps['rights'], environment: Record<string, string> = {}) =>
    createFunction(scope, field.replace('.', ''), field, settings, {
      description: field,
      timeout: FIELD_TIMEOUT,
      rights,
      environment,
    });
  const record = recordRights(bucket, api);
  const push = { GRAPHQL_URL: api.graphqlUrl };
  return {
    'Query.processState': create(
      'Query.processState',
      [...record, allowExecutions(['DescribeExecution'], machineArn(''))],
      { ...push, REPAIR_AFTER_SECONDS: String(repairAfter.toSeconds()) },
    ),
    'Query.processData': create('Query.processData', [
      ...readStateRights(bucket),
      allowObjects(bucket, ['GetObject'], ['processes/*/input.json', 'processes/*/steps/*']),
    ]),
    'Query.processHistory': create('Query.processHistory', [
      ...readStateRights(bucket),
      allowExecutions(['GetExecutionHistory'], machineArn('')),
    ]),
    'Query.processDefinitions': create('Query.processDefinitions', []),
    'Mutation.startProcess': create(
      'Mutation.startProcess',
      startRights(bucket, definitions.map(machineArn), ['processes/*/input.json']),
    ),
    'Mutation.stopProcess': create(
      'Mutation.stopProcess',
      [...record, allowExecutions(['DescribeExecution', 'StopExecution'], machineArn(''))],
      push,
    ),
    'Mutation.redriveProcess': create('Mutation.redriveProcess', [
      allowObjects(bucket, ['GetObject', 'PutObject'], ['processes/*/state.json', 'running/*']),
      allowListing(bucket),
      allowExecutions(['RedriveExecution'], machineArn('')),
    ]),
  };
}
