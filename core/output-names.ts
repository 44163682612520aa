/** What `outputs.json` holds, whether a deployment or a local runtime wrote it. */
export const OUTPUT_NAMES = [
  'endpoint',
  'realtimeEndpoint',
  'region',
  'apiKey',
  'apiKeyExpires',
  'consoleUrl',
  'deadLetterQueueUrl',
  'statusChangeFunction',
  'sweepFunction',
  'machineArnPrefix',
  'bucket',
] as const;

/** A name in `outputs.json`. */
export type OutputName = (typeof OUTPUT_NAMES)[number];
