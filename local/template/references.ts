/**
 * The names and ARNs that the resources of a template have on this machine.
 */
import { createHash } from 'node:crypto';
import type { References } from './intrinsics.ts';
import type { Template } from './resources.ts';

/**
 * Where the local runtime is: a region and an account that stand for none, the address that it
 * listens on, and its API key.
 */
export type Place = { region: string; accountId: string; origin: string; apiKey: string };

/** The one region and account of the local runtime. */
export const REGION = 'us-east-1';
export const ACCOUNT_ID = '000000000000';

/**
 * What `Ref` and `Fn::GetAtt` answer for every resource of the template, and for the pseudo
 * parameters.
 */
export function referencesOf(template: Template, stackName: string, place: Place): References {
  const references: Record<string, Record<string, string>> = {
    'AWS::Region': { Ref: place.region },
    'AWS::AccountId': { Ref: place.accountId },
    'AWS::Partition': { Ref: 'aws' },
    'AWS::URLSuffix': { Ref: 'amazonaws.com' },
    'AWS::StackName': { Ref: stackName },
    'AWS::StackId': { Ref: arn(place, 'cloudformation', `stack/${stackName}/local`) },
    'AWS::NoValue': { Ref: '' },
  };
  for (const [id, { Type, Properties = {} }] of Object.entries(template.Resources)) {
    references[id] = attributesOf(id, Type, Properties, place);
  }
  return references;
}

function attributesOf(
  id: string,
  type: string,
  properties: Record<string, unknown>,
  place: Place,
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
      return { Ref: name, Arn: arn(place, 'lambda', `function:${name}`) };
    }
    case 'AWS::StepFunctions::StateMachine': {
      const name = text('StateMachineName', id);
      const machineArn = arn(place, 'states', `stateMachine:${name}`);
      return { Ref: machineArn, Arn: machineArn, Name: name };
    }
    case 'AWS::SQS::Queue': {
      const name = text('QueueName', id);
      return {
        Ref: `${place.origin}/sqs/${place.accountId}/${name}`,
        Arn: arn(place, 'sqs', name),
        QueueName: name,
      };
    }
    case 'AWS::AppSync::GraphQLApi': {
      const apiId = shortId(id);
      return {
        Ref: arn(place, 'appsync', `apis/${apiId}`),
        Arn: arn(place, 'appsync', `apis/${apiId}`),
        ApiId: apiId,
        GraphQLUrl: `${place.origin}/graphql`,
        GraphQLEndpointArn: arn(place, 'appsync', `endpoints/graphql-api/${apiId}`),
        RealtimeUrl: `${place.origin.replace(/^http/, 'ws')}/graphql/realtime`,
      };
    }
    case 'AWS::AppSync::ApiKey':
      return { Ref: id, ApiKey: place.apiKey };
    case 'AWS::AppSync::DataSource':
      return { Ref: id, Name: text('Name', id) };
    case 'AWS::IAM::Role':
      return { Ref: id, Arn: `arn:aws:iam::${place.accountId}:role/${id}` };
    case 'AWS::Logs::LogGroup':
      return { Ref: id, Arn: arn(place, 'logs', `log-group:${id}:*`) };
    case 'AWS::Events::Rule':
      return { Ref: id, Arn: arn(place, 'events', `rule/${id}`) };
    default:
      return { Ref: id };
  }
}

function arn({ region, accountId }: Place, service: string, resource: string): string {
  return `arn:aws:${service}:${region}:${accountId}:${resource}`;
}

/** 26 characters, as AppSync's ids have. */
function shortId(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 26);
}
