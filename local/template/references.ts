/**
 * The names, ARNs and other attributes of a template's resources on this machine.
 */
import { createHash } from 'node:crypto';

/**
 * The environment that a template is evaluated in: placeholders for region and account, the URL
 * that the local runtime listens on, and its API key.
 */
export type LocalEnvironment = { region: string; accountId: string; origin: string; apiKey: string };

/** The one region and account of the local runtime. */
export const REGION = 'us-east-1';
export const ACCOUNT_ID = '000000000000';

/** A resource, as far as others refer to it. */
export type Referent = {
  /** Unique in the app: the stack and the logical id. */
  id: string;
  type: string;
  /** Returns the value of a property. */
  property(name: string): unknown;
  /** The path of an API's URL. */
  apiPath: string;
};

/** Types whose `Ref` is an ARN. */
const REF_IS_ARN: ReadonlySet<string> = new Set([
  'AWS::AppSync::GraphQLApi',
  'AWS::CertificateManager::Certificate',
  'AWS::ElasticLoadBalancingV2::Listener',
  'AWS::ElasticLoadBalancingV2::LoadBalancer',
  'AWS::ElasticLoadBalancingV2::TargetGroup',
  'AWS::IAM::ManagedPolicy',
  'AWS::Lambda::LayerVersion',
  'AWS::SNS::Topic',
  'AWS::SecretsManager::Secret',
  'AWS::StepFunctions::Activity',
  'AWS::StepFunctions::StateMachine',
]);

/** What precedes the name in an ARN, where it is not the type in lower case and a slash. */
const ARN_PREFIXES: ReadonlyMap<string, string> = new Map([
  ['AWS::DynamoDB::GlobalTable', 'table/'],
  ['AWS::Events::EventBus', 'event-bus/'],
  ['AWS::IAM::ManagedPolicy', 'policy/'],
  ['AWS::Lambda::Function', 'function:'],
  ['AWS::SNS::Topic', ''],
  ['AWS::SQS::Queue', ''],
  ['AWS::SecretsManager::Secret', 'secret:'],
  ['AWS::StepFunctions::StateMachine', 'stateMachine:'],
]);

const MAX_BUCKET_NAME = 63;

/**
 * Returns the result of `Ref` or of `Fn::GetAtt`. One that only AWS knows is a placeholder.
 *
 * The name of a resource is its name property, else its id.
 */
export function attributeOf(resource: Referent, attribute: string, environment: LocalEnvironment): string {
  const { id, type } = resource;
  if (type === 'AWS::AppSync::GraphQLApi') {
    const value = apiAttribute(resource, attribute, environment);
    if (value !== undefined) return value;
  }
  if (type === 'AWS::AppSync::ApiKey' && attribute === 'ApiKey') return environment.apiKey;
  const name = nameOf(resource);
  if (attribute.endsWith('Arn') || (attribute === 'Ref' && REF_IS_ARN.has(type)))
    return arnOf(type, name, environment);
  if (attribute === 'Ref' && type === 'AWS::SQS::Queue')
    return `${environment.origin}/sqs/${environment.accountId}/${name}`;
  if (attribute === 'Ref' || attribute === 'Name' || attribute === namePropertyOf(type)) return name;
  return placeholder(`${id}.${attribute}`);
}

/**
 * Returns a text that stands for a value which only AWS has. As a host name it never resolves.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6761#section-6.4
 */
export function placeholder(what: string): string {
  return `${what.replaceAll(/[^A-Za-z0-9.-]/g, '-')}.not-served-locally.invalid`;
}

function nameOf({ id, type, property }: Referent): string {
  const given = property(namePropertyOf(type)) ?? property('Name');
  if (typeof given === 'string') return given;
  return type === 'AWS::S3::Bucket' ? bucketName(id) : id;
}

/** `BucketName` of a bucket, `FunctionName` of a function. */
function namePropertyOf(type: string): string {
  return `${type.slice(type.lastIndexOf(':') + 1)}Name`;
}

function bucketName(id: string): string {
  const name = id.toLowerCase();
  return name.length <= MAX_BUCKET_NAME ? name : `${name.slice(0, MAX_BUCKET_NAME - 9)}-${hash(id, 8)}`;
}

function arnOf(type: string, name: string, { region, accountId }: LocalEnvironment): string {
  const [, service = '', kind = ''] = type.toLowerCase().split('::');
  if (type === 'AWS::S3::Bucket') return `arn:aws:s3:::${name}`;
  if (type === 'AWS::Logs::LogGroup') return `arn:aws:logs:${region}:${accountId}:log-group:${name}:*`;
  const place = service === 'iam' ? `:${accountId}` : `${region}:${accountId}`;
  const signingName = service === 'stepfunctions' ? 'states' : service;
  return `arn:aws:${signingName}:${place}:${ARN_PREFIXES.get(type) ?? `${kind}/`}${name}`;
}

function apiAttribute(
  { id, apiPath }: Referent,
  attribute: string,
  { region, accountId, origin }: LocalEnvironment,
): string | undefined {
  // As AppSync's ids, 26 characters.
  const apiId = hash(id, 26);
  const arn = `arn:aws:appsync:${region}:${accountId}`;
  const url = `${origin}${apiPath}`;
  switch (attribute) {
    case 'Ref':
    case 'Arn':
      return `${arn}:apis/${apiId}`;
    case 'ApiId':
      return apiId;
    case 'GraphQLUrl':
      return url;
    case 'GraphQLEndpointArn':
      return `${arn}:endpoints/graphql-api/${apiId}`;
    case 'RealtimeUrl':
      return `${url.replace(/^http/, 'ws')}/realtime`;
  }
}

function hash(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}
