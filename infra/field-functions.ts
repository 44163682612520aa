/**
 * The Lambda functions behind GraphQL fields, each with the permissions of its field only.
 */
import type { Duration } from 'aws-cdk-lib';
import type * as appsync from 'aws-cdk-lib/aws-appsync';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { FacadeFunction, FIELD_TIMEOUT, type FunctionDefaults } from './facade-function.ts';
import {
  allowExecutions,
  allowListing,
  allowObjects,
  readStatePermissions,
  recordPermissions,
  startPermissions,
} from './permissions.ts';

/**
 * The fields with a function (`api/Type.field.ts`), and whether the function needs the definitions
 * beside its code.
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

type FieldFunctionsProps = {
  readonly bucket: s3.Bucket;
  readonly api: appsync.GraphqlApi;
  readonly machineArnPrefix: string;
  /** The names of the definitions that can be started. */
  readonly definitions: readonly string[];
  readonly repairAfter: Duration;
  readonly functionDefaults: FunctionDefaults;
};

/** One function for each of {@link FIELDS}. */
export class FieldFunctions extends Construct {
  readonly functions: Readonly<Record<Field, lambda.IFunction>>;

  constructor(scope: Construct, id: string, props: FieldFunctionsProps) {
    super(scope, id);
    const { bucket, api, machineArnPrefix, definitions, repairAfter, functionDefaults } = props;
    const create = (
      field: Field,
      permissions: readonly iam.PolicyStatement[],
      environment: Record<string, string> = {},
    ) =>
      new FacadeFunction(this, field.replace('.', ''), {
        defaults: functionDefaults,
        bundle: field,
        description: field,
        timeout: FIELD_TIMEOUT,
        permissions,
        environment,
      });
    const record = recordPermissions(bucket, api);
    const publish = { GRAPHQL_URL: api.graphqlUrl };
    this.functions = {
      'Query.processState': create(
        'Query.processState',
        [...record, allowExecutions(['DescribeExecution'], machineArnPrefix)],
        { ...publish, REPAIR_AFTER_SECONDS: String(repairAfter.toSeconds()) },
      ),
      'Query.processData': create('Query.processData', [
        ...readStatePermissions(bucket),
        allowObjects(bucket, ['GetObject'], ['processes/*/input.json', 'processes/*/steps/*']),
      ]),
      'Query.processHistory': create('Query.processHistory', [
        ...readStatePermissions(bucket),
        allowExecutions(['GetExecutionHistory'], machineArnPrefix),
      ]),
      'Query.processDefinitions': create('Query.processDefinitions', []),
      'Mutation.startProcess': create(
        'Mutation.startProcess',
        startPermissions(
          bucket,
          definitions.map((name) => machineArnPrefix + name),
          ['processes/*/input.json'],
        ),
      ),
      'Mutation.stopProcess': create(
        'Mutation.stopProcess',
        [...record, allowExecutions(['DescribeExecution', 'StopExecution'], machineArnPrefix)],
        publish,
      ),
      'Mutation.redriveProcess': create('Mutation.redriveProcess', [
        allowObjects(bucket, ['GetObject', 'PutObject'], ['processes/*/state.json', 'running/*']),
        allowListing(bucket),
        allowExecutions(['RedriveExecution'], machineArnPrefix),
      ]),
    };
  }
}
