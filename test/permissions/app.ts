/**
 * The sample app, with a definition that pauses and one with a loop and a Map. Together they use
 * every permission that the construct grants. The sweep checks processes older than a second, and
 * runs only when a scenario invokes it: on schedule it could remove a marker while a scenario that
 * lacks a permission is still retrying.
 */
import { App, Duration, Stack } from 'aws-cdk-lib';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { ProcessFacade } from '../../infra/process-facade.ts';
import { testDefinitions } from '../definitions.ts';
import { DEFINITIONS } from './definitions.ts';

const stack = new Stack(new App(), 'Permissions');
const definitions = Object.fromEntries(
  Object.entries(testDefinitions).filter(([name]) => DEFINITIONS.includes(name)),
);
const facade = new ProcessFacade(stack, 'Facade', { definitions, sweepAfter: Duration.seconds(1) });

for (const rule of facade.node.findAll().filter((construct) => construct instanceof CfnRule)) {
  if (rule.scheduleExpression) rule.scheduleExpression = 'rate(1 day)';
}
