/** The permissions of the template in the form of the table in docs/security.md. */
import { Stack } from 'aws-cdk-lib';
import { readDefinition } from '../../infra/definition.ts';
import type { Permission } from '../../local/iam/iam.ts';
import { testDefinitions } from '../definitions.ts';
import { DEFINITIONS } from './definitions.ts';

/** The name of a role in the table, by the prefix of its name in the template. */
const ROLES: readonly (readonly [start: string, name: string])[] = [
  ['FacadeFieldsQueryprocessState', '`processState`'],
  ['FacadeFieldsQueryprocessData', '`processData`'],
  ['FacadeFieldsQueryprocessHistory', '`processHistory`'],
  ['FacadeFieldsQueryprocessDefinitions', '`processDefinitions`'],
  ['FacadeFieldsMutationstartProcess', '`startProcess`'],
  ['FacadeFieldsMutationstopProcess', '`stopProcess`'],
  ['FacadeFieldsMutationredriveProcess', '`redriveProcess`'],
  ['FacadeStartDownstream', 'the function that starts processes for steps'],
  ['FacadeStatusChange', 'the recorder of status changes'],
  ['FacadeSweep', 'the sweep'],
  ['FacadeStepProgressRole', 'EventBridge, for step progress'],
  ['FacadeResolversRole', 'AppSync, for its fields'],
];

const steps = DEFINITIONS.flatMap((definition) => {
  const props = testDefinitions[definition];
  if (!props) throw new Error(`Unknown definition ${definition}`);
  return readDefinition(definition, props, new Stack()).steps.map((step) => ({ definition, ...step }));
});

/**
 * Returns the rows without repetition: role, actions, resources. The names of definitions and steps
 * are replaced by `<definition>` and `<Step>`.
 */
export function tableOf(permissions: readonly Permission[]): string[] {
  const actionsOf = new Map<string, Set<string>>();
  for (const { roleArn, action, resource } of permissions) {
    const { role, own } = roleOf(roleNameOf(roleArn));
    const key = `${role} | \`${resourceOf(resource, own)}\``;
    actionsOf.set(key, (actionsOf.get(key) ?? new Set()).add(`\`${action}\``));
  }
  const rows = new Map<string, string[]>();
  for (const [key, actions] of actionsOf) {
    const [role, resource = ''] = key.split(' | ');
    const row = `${role} | ${[...actions].sort().join(', ')}`;
    rows.set(row, [...(rows.get(row) ?? []), resource]);
  }
  return [...rows].map(([row, resources]) => `${row} | ${resources.join(', ')}`);
}

/** Returns the name of a role in the template, without that of its stack. */
export function roleNameOf(roleArn: string): string {
  return roleArn.replace(/^.*\/[^-]+-/, '');
}

type Own = { definition?: string; step?: string };

function roleOf(name: string): { role: string; own: Own } {
  const known = ROLES.find(([start]) => name.startsWith(start));
  if (known) return { role: known[1], own: {} };
  const squeezed = (definition: string) => `FacadeDefinitions${definition.replaceAll('-', '')}`;
  const step = steps.find(({ definition, name: of }) =>
    name.startsWith(`${squeezed(definition)}Steps${of}FunctionServiceRole`),
  );
  if (step) {
    const role = step.starts.length > 0 ? 'a step that starts others' : 'a step';
    return { role, own: { definition: step.definition, step: step.name } };
  }
  const definition = DEFINITIONS.find((each) => name.startsWith(`${squeezed(each)}MachineRole`));
  if (definition) return { role: 'the machine of a definition', own: { definition } };
  throw new Error(`Unknown role ${name}. Add it to this file and to docs/security.md`);
}

/** Removes account and bucket, so that the table is the same everywhere. */
function resourceOf(arn: string, { definition, step }: Own): string {
  const short = arn
    .replace(/^arn:aws:s3:::[^/]+\//, '')
    .replace(/^arn:aws:s3:::[^/]+$/, 'the bucket')
    .replace(/^arn:aws:states:.*:(\w+):[\w-]*-[0-9A-F]{8}-/, '$1:<prefix>')
    .replace(
      /^arn:aws:lambda:.*:function:.*StartDownstream.*$/,
      'the function that starts processes for steps',
    )
    .replace(/^arn:aws:lambda:.*$/, 'the functions that it calls')
    .replace(/^arn:aws:appsync:.*\/fields\//, 'Mutation.')
    .replace(/^arn:aws:sqs:.*$/, 'the dead-letter queue')
    .replace(/^arn:aws:logs:.*$/, 'its log group')
    .replace(/^stateMachine:<prefix>.*$/, 'stateMachine:<prefix><definition>');
  const named = short.replace(
    /^(processes\/\*\/)(?!\*)[a-z-]+(\/(?:input\.json|steps\/))/,
    '$1<definition>$2',
  );
  return step === undefined || definition === undefined ? named : named.replace(`/${step}`, '/<Step>');
}
