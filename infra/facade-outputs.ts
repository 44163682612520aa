import { CfnOutput, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { CLIENT_OUTPUTS, OUTPUT_NAMES, type OutputName, outputKey } from '../core/output-names.ts';

const CLIENT_NAMES: readonly string[] = CLIENT_OUTPUTS;

type FacadeOutputsProps = { readonly values: Readonly<Record<OutputName, string>> };

/**
 * The outputs of the stack that clients and operators need. Their keys begin with the facade's id,
 * so that a stack can have several facades.
 */
export class FacadeOutputs extends Construct {
  constructor(scope: Construct, id: string, { values }: FacadeOutputsProps) {
    super(scope, id);
    const { scopes } = scope.node;
    const path = scopes.slice(scopes.indexOf(Stack.of(scope)) + 1).map(({ node }) => node.id);
    const facade = path.join('').replaceAll(/[^A-Za-z0-9]/g, '');
    for (const name of OUTPUT_NAMES) {
      const readers = CLIENT_NAMES.includes(name) ? 'clients' : 'operators';
      const description = `For ${readers} of the facade ${scope.node.path}`;
      new CfnOutput(this, name, { value: values[name], description }).overrideLogicalId(
        outputKey(facade, name),
      );
    }
  }
}
