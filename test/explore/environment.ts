/**
 * Sets the environment that the functions read when they are loaded. Import it before them.
 */
Object.assign(process.env, {
  BUCKET_NAME: 'memory',
  AWS_REGION: 'us-east-1',
  MACHINE_ARN_PREFIX: 'arn:aws:states:us-east-1:000000000000:stateMachine:',
});
