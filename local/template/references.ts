/**
 * The names and ARNs of a template's resources on this machine.
 */
import { createHash } from 'node:crypto';
import type { References } from './intrinsics.ts';
import type { Template } from './resources.ts';

/**
 * The environment that a template is evaluated in: placeholders for region and account, the URL
 * that the local runtime listens on, and its API key.
 */
export type LocalEnvironment = { region: string; accountId: string; origin: string; apiKey: string };

/** The one region and account of the local runtime. */
export const REGION = 'us-east-1';
export const ACCOUNT_ID = '000000000000';

/**
 * Returns the results of `Ref` and `Fn::GetAtt` for every resource of the template, and for the
 * pseudo parameters.
 */
export function referencesOf(
  template: Template,
  stackName: string,
  environment: LocalEnvironment,
): References {
  const references: Record<string, Record<string, string>> = {
    'AWS::Region': { Ref: environment.region },
    'AWS::AccountId': { Ref: environment.accountId },
    'AWS::Partition': { Ref: 'aws' },
    'AWS::URLSuffix': { Ref: 'amazonaws.com' },
    'AWS::StackName': { Ref: stackName },
    'AWS::StackId': { Ref: arn(environment, 'cloudformation', `stack/${stackName}/local`) },
    'AWS::NoValue': { Ref: '' },
  };
  for (const [id, { Type, Properties = {} }] of Object.entries(template.Resources)) {
    references[id] = attributesOf(id, Type, Properties, environment);
  }
  return references;
}

function attributesOf(
  id: string,
  type: string,
  properties: Record<string, unknown>,
  environment: LocalEnvironment,
): Record<string, string> {
  const text = (name: string, otherwise: string) => {
    const value = properties[name];
    return typeof value === 'string' ? value : otherwise;
  };
  switch (type) {
    case 'AWS::S3::Bucket': {
      const name = text('BucketName', id.toLowerCase().slice(0, 63));
      return { Ref: name, Arn: `arn:aws:s3:::${name}` };
    }
    case 'AWS::Lambda::Function': {
      const name = text('FunctionName', id);
      return { Ref: name, Arn: arn(environment, 'lambda', `function:${name}`) };
    }
    case 'AWS::StepFunctions::StateMachine': {
      const name = text('StateMachineName', id);
      const machineArn = arn(environment, 'states', `stateMachine:${name}`);
      return { Ref: machineArn, Arn: machineArn, Name: name };
    }
    case 'AWS::SQS::Queue': {
      const name = text('QueueName', id);
      return {
        Ref: `${environment.origin}/sqs/${environment.accountId}/${name}`,
        Arn: arn(environment, 'sqs', name),
        QueueName: name,
      };
    }
    case 'AWS::AppSync::GraphQLApi': {
      const apiId = shortId(id);
      return {
        Ref: arn(environment, 'appsync', `apis/${apiId}`),
        Arn: arn(environment, 'appsync', `apis/${apiId}`),
        ApiId: apiId,
        GraphQLUrl: `${environment.origin}/graphql`,
        GraphQLEndpointArn: arn(environment, 'appsync', `endpoints/graphql-api/${apiId}`),
        RealtimeUrl: `${environment.origin.replace(/^http/, 'ws')}/graphql/realtime`,
      };
    }
    case 'AWS::AppSync::ApiKey':
      return { Ref: id, ApiKey: environment.apiKey };
    case 'AWS::AppSync::DataSource':
      return { Ref: id, Name: text('Name', id) };
    case 'AWS::IAM::Role':
      return { Ref: id, Arn: `arn:aws:iam::${environment.accountId}:role/${id}` };
    case 'AWS::Logs::LogGroup':
      return { Ref: id, Arn: arn(environment, 'logs', `log-group:${id}:*`) };
    case 'AWS::Events::Rule':
      return { Ref: id, Arn: arn(environment, 'events', `rule/${id}`) };
    default:
      return { Ref: id };
  }
}

function arn({ region, accountId }: LocalEnvironment, service: string, resource: string): string {
  return `arn:aws:${service}:${region}:${accountId}:${resource}`;
}

/** Returns an id of 26 characters, as AppSync's ids. */
function shortId(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 26);
}
