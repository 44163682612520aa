/**
 * One function of the template. `codeDir` is the folder of its bundle, `handler` the setting of
 * that name: `index.handler`.
 */
export type LambdaFunction = {
  name: string;
  arn: string;
  codeDir: string;
  handler: string;
  environment: Record<string, string>;
  timeoutSeconds: number;
  memoryMb: number;
  roleArn: string;
};

/** One line of a function's log. Lambda's own lines have the level `platform`. */
export type LogLine = {
  functionName: string;
  requestId: string;
  level: 'stdout' | 'stderr' | 'platform';
  text: string;
};
