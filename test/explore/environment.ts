/**
 * What the functions read from their environment when they are loaded: to be imported before them.
 */
Object.assign(process.env, {
  BUCKET_NAME: 'memory',
  AWS_REGION: 'us-east-1',
  MACHINE_ARN_PREFIX: 'arn:aws:states:us-east-1:000000000000:stateMachine:',
});
