import type { ProcessClient } from '../client/index.ts';
import { CommandError } from './failures.ts';
import { readOperatorOutputs } from './operator-outputs.ts';

/** The options of `definitions`. */
export type DefinitionsOptions = { outputs?: string; deployed: boolean };

/**
 * Returns what a start needs to know of each definition; with `deployed` also the machine as Step
 * Functions has it. Throws {@link CommandError}.
 */
export async function definitions(client: ProcessClient, options: DefinitionsOptions): Promise<object[]> {
  const found = (await client.definitions()).map(({ machine: _, ...definition }) => definition);
  if (!options.deployed) return found;
  const machines = await deployedMachines(
    found.map(({ name }) => name),
    options.outputs,
  );
  return found.map((definition, index) => ({ ...definition, machine: machines[index] }));
}

async function deployedMachines(names: readonly string[], file: string | undefined): Promise<unknown[]> {
  const { machineArnPrefix, region } = readOperatorOutputs(file, ['endpoint', 'machineArnPrefix', 'region']);
  const { SFNClient, DescribeStateMachineCommand } = await import('@aws-sdk/client-sfn');
  const client = new SFNClient({ region });
  try {
    return await Promise.all(
      names.map(async (name) => {
        const command = new DescribeStateMachineCommand({ stateMachineArn: machineArnPrefix + name });
        const { definition = 'null' } = await client.send(command).catch((cause: Error) => {
          throw new CommandError(`Could not describe the machine of [${name}]: ${cause.message}`, { cause });
        });
        return JSON.parse(definition);
      }),
    );
  } finally {
    client.destroy();
  }
}
