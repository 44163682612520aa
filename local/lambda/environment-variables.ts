import { devNull } from 'node:os';
import type { LambdaFunction } from './function.ts';

/**
 * What a function must not inherit from its developer: settings and credentials of the AWS
 * configuration, and those of the machine, if that is one of EC2. A function has neither on Lambda.
 */
const NO_CONFIGURATION = {
  AWS_CONFIG_FILE: devNull,
  AWS_SHARED_CREDENTIALS_FILE: devNull,
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'false',
};

/**
 * Returns the variables that Lambda sets in every execution environment of a Node.js 24 function. A
 * function can override only `LANG` and `TZ`.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
export function environmentVariables(
  fn: LambdaFunction,
  region: string,
  logStreamName: string,
): Record<string, string> {
  return {
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    ...withoutEndpoints(fn.environment),
    ...NO_CONFIGURATION,
    PATH: '/usr/local/bin:/usr/bin:/bin',
    _HANDLER: fn.handler,
    LAMBDA_TASK_ROOT: fn.codeDir,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: fn.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(fn.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${fn.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: logStreamName,
  };
}

/** Endpoints in the template are those of a deployment. */
function withoutEndpoints(variables: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).filter(([name]) => !name.startsWith('AWS_ENDPOINT_URL')),
  );
}
