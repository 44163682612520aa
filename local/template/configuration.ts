/**
 * The configuration of each service, read from the stack. The property names are CloudFormation's:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-template-resource-type-ref.html
 */
import { statSync } from 'node:fs';
import * as z from 'zod';
import { UnsupportedTemplate } from '../common/errors.ts';
import { writeInlineCode } from './inline-code.ts';
import type { EvaluatedResource, Stacks } from './stacks.ts';

/** Where configurations are read from. */
export type Source = Pick<Stacks, 'resources' | 'passOver'>;

const text = z.string();
const number = z.coerce.number();

const FunctionProperties = z.object({
  Code: z.object({ S3Key: text.optional(), ZipFile: text.optional() }),
  Handler: text.default(''),
  Role: text,
  Runtime: text.optional(),
  Layers: z.array(z.unknown()).default([]),
  Environment: z.object({ Variables: z.record(text, text).default({}) }).optional(),
  Timeout: number.default(3),
  MemorySize: number.default(128),
  DeadLetterConfig: z.object({ TargetArn: text }).optional(),
});

/** Returns the functions, with the folders of their code. */
export function functionsOf(stacks: Stacks) {
  return served(stacks, 'AWS::Lambda::Function', FunctionProperties, (properties, resource) => {
    if (properties.Layers.length > 0) stacks.mention(resource.id, 'runs without its layers');
    return {
      name: resource.ref,
      arn: resource.arn,
      codeDir: codeOf(properties, stacks),
      handler: properties.Handler,
      environment: properties.Environment?.Variables ?? {},
      timeoutSeconds: properties.Timeout,
      memoryMb: properties.MemorySize,
      roleArn: properties.Role,
    };
  });
}

function codeOf(
  { Code, Runtime = 'container image' }: z.infer<typeof FunctionProperties>,
  stacks: Stacks,
): string {
  if (!Runtime.startsWith('nodejs')) throw new UnsupportedTemplate([`runtime ${Runtime}, expected Node.js`]);
  if (Code.ZipFile !== undefined) return writeInlineCode(stacks.folder, Code.ZipFile);
  if (Code.S3Key === undefined) throw new UnsupportedTemplate(['property Code: Expected S3Key or ZipFile']);
  const folder = stacks.assetPath(Code.S3Key);
  if (!statSync(folder).isDirectory())
    throw new UnsupportedTemplate(['property Code: Expected a folder, got an archive']);
  return folder;
}

const EventInvokeProperties = z.object({
  FunctionName: text,
  MaximumRetryAttempts: number.optional(),
  MaximumEventAgeInSeconds: number.optional(),
  DestinationConfig: z.strictObject({ OnFailure: z.object({ Destination: text }) }).optional(),
});

/**
 * Returns the settings of asynchronous invocations: retries, and the destinations of failed events.
 */
export function asyncInvokesOf(stacks: Source) {
  const settings = served(
    stacks,
    'AWS::Lambda::EventInvokeConfig',
    EventInvokeProperties,
    (properties) => properties,
  );
  return served(
    stacks,
    'AWS::Lambda::Function',
    FunctionProperties,
    ({ DeadLetterConfig, Role }, { ref, arn }) => {
      const setting = settings.find(({ FunctionName }) => FunctionName === ref);
      return {
        functionArn: arn,
        roleArn: Role,
        ...defined('maximumRetryAttempts', setting?.MaximumRetryAttempts),
        ...defined('maximumEventAgeInSeconds', setting?.MaximumEventAgeInSeconds),
        ...defined('onFailureArn', setting?.DestinationConfig?.OnFailure.Destination),
        ...defined('deadLetterArn', DeadLetterConfig?.TargetArn),
      };
    },
  );
}

const onePattern = text.refine((value) => value.split('*').length <= 2, 'Expected at most one wildcard');
const CorsRuleProperties = z.strictObject({
  Id: text.optional(),
  AllowedOrigins: z.array(onePattern).min(1),
  AllowedMethods: z.array(z.enum(['GET', 'PUT', 'HEAD', 'POST', 'DELETE'])).min(1),
  AllowedHeaders: z.array(onePattern).default([]),
  ExposedHeaders: z.array(text.refine((value) => !value.includes('*'), 'Expected no wildcard')).default([]),
  MaxAge: number.optional(),
});
const BucketProperties = z.object({
  CorsConfiguration: z.strictObject({ CorsRules: z.array(CorsRuleProperties).min(1).max(100) }).optional(),
  VersioningConfiguration: z.object({ Status: text }).optional(),
  NotificationConfiguration: z
    .strictObject({ EventBridgeConfiguration: z.object({ EventBridgeEnabled: z.boolean() }) })
    .optional(),
});

/** Returns the buckets. */
export function bucketsOf(stacks: Source) {
  return served(stacks, 'AWS::S3::Bucket', BucketProperties, (properties, resource) => {
    return {
      name: resource.ref,
      versioned: properties.VersioningConfiguration?.Status === 'Enabled',
      eventBridge: properties.NotificationConfiguration?.EventBridgeConfiguration.EventBridgeEnabled ?? false,
      cors: (properties.CorsConfiguration?.CorsRules ?? []).map((rule) => ({
        allowedOrigins: rule.AllowedOrigins,
        allowedMethods: rule.AllowedMethods,
        allowedHeaders: rule.AllowedHeaders,
        exposedHeaders: rule.ExposedHeaders,
        ...defined('maxAgeSeconds', rule.MaxAge),
      })),
    };
  });
}

const MachineProperties = z.object({
  StateMachineName: text.optional(),
  StateMachineType: z.literal('STANDARD').optional(),
  DefinitionString: text,
  DefinitionSubstitutions: z.record(text, text).default({}),
  RoleArn: text,
});

/** Returns the state machines, with the ARNs of their functions filled in. */
export function machinesOf(stacks: Source) {
  return served(stacks, 'AWS::StepFunctions::StateMachine', MachineProperties, (properties, resource) => {
    const definition = properties.DefinitionString.replace(
      /\$\{([A-Za-z0-9_-]+)\}/g,
      (placeholder, name: string) => {
        const value = properties.DefinitionSubstitutions[name];
        if (value === undefined) throw new UnsupportedTemplate([`${placeholder}, which has no substitution`]);
        return value;
      },
    );
    return {
      arn: resource.arn,
      name: properties.StateMachineName ?? resource.id,
      definition: JSON.parse(definition) as unknown,
      roleArn: properties.RoleArn,
    };
  });
}

const TargetProperties = z.strictObject({
  Id: text,
  Arn: text,
  RoleArn: text.optional(),
  Input: text.optional(),
  InputPath: text.optional(),
  InputTransformer: z
    .object({ InputPathsMap: z.record(text, text).optional(), InputTemplate: text })
    .optional(),
  AppSyncParameters: z.object({ GraphQLOperation: text }).optional(),
  RetryPolicy: z
    .object({ MaximumRetryAttempts: number.optional(), MaximumEventAgeInSeconds: number.optional() })
    .optional(),
  DeadLetterConfig: z.object({ Arn: text }).optional(),
});
const RuleProperties = z.object({
  Name: text.optional(),
  EventPattern: z.record(text, z.unknown()).optional(),
  ScheduleExpression: text.optional(),
  State: text.default('ENABLED'),
  Targets: z.array(TargetProperties).default([]),
});

/** Returns the rules of the default event bus. */
export function rulesOf(stacks: Source) {
  return served(stacks, 'AWS::Events::Rule', RuleProperties, (properties, resource) => {
    return {
      name: properties.Name ?? resource.id,
      arn: resource.arn,
      ...defined('pattern', properties.EventPattern),
      ...defined('schedule', properties.ScheduleExpression),
      enabled: properties.State === 'ENABLED',
      targets: properties.Targets.map(targetOf),
    };
  });
}

function targetOf(target: z.infer<typeof TargetProperties>) {
  const { InputTransformer: transformer, RetryPolicy: retry, AppSyncParameters: appSync } = target;
  return {
    id: target.Id,
    arn: target.Arn,
    roleArn: target.RoleArn,
    input: target.Input,
    inputPath: target.InputPath,
    inputTransformer: transformer && {
      inputPathsMap: transformer.InputPathsMap,
      inputTemplate: transformer.InputTemplate,
    },
    appSync: appSync && { graphQLOperation: appSync.GraphQLOperation },
    retryPolicy: retry && {
      maximumRetryAttempts: retry.MaximumRetryAttempts,
      maximumEventAgeInSeconds: retry.MaximumEventAgeInSeconds,
    },
    deadLetterArn: target.DeadLetterConfig?.Arn,
  };
}

const QueueProperties = z.object({
  QueueName: text.optional(),
  VisibilityTimeout: number.optional(),
  MessageRetentionPeriod: number.optional(),
});

/** Returns the queues. */
export function queuesOf(stacks: Source) {
  return served(stacks, 'AWS::SQS::Queue', QueueProperties, (properties, resource) => {
    return {
      name: properties.QueueName ?? resource.id,
      arn: resource.arn,
      url: resource.ref,
      ...defined('visibilityTimeoutSeconds', properties.VisibilityTimeout),
      ...defined('retentionSeconds', properties.MessageRetentionPeriod),
    };
  });
}

/**
 * Returns the configuration of each resource of a type. A resource that cannot be read is passed
 * over.
 */
export function served<Properties, Configuration>(
  stacks: Source,
  type: string,
  schema: z.ZodType<Properties>,
  configure: (properties: Properties, resource: EvaluatedResource) => Configuration,
): Configuration[] {
  return stacks.resources(type).flatMap((resource) => {
    try {
      return [configure(read(schema, resource), resource)];
    } catch (error) {
      if (!(error instanceof UnsupportedTemplate)) throw error;
      stacks.passOver(resource.id, error.unsupported);
      return [];
    }
  });
}

function read<Output>(schema: z.ZodType<Output>, { properties }: EvaluatedResource): Output {
  const result = schema.safeParse(properties);
  if (result.success) return result.data;
  throw new UnsupportedTemplate(
    result.error.issues.map(({ path, message }) => `property ${path.join('.')}: ${message}`),
  );
}

/** Returns an object with the property, or an empty one if the value is undefined. */
export function defined<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): Partial<Record<Name, Value>> {
  return value === undefined ? {} : ({ [name]: value } as Record<Name, Value>);
}
