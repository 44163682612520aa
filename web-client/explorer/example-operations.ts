import order from '../../examples/order.json' with { type: 'json' };

const start = `# Starts a process: a new one with every run.
# With a "processId" (a UUID) in the variables, the same
# start repeated joins the process that is there.
mutation StartOrder($definition: String!, $input: AWSJSON!, $processId: ID) {
  startProcess(definition: $definition, input: $input, processId: $processId) {
    processId
    status
    version
    startedAt
    stepsTotal
  }
}
`;

const watchState = `# Each change of state, pushed. Run this, then start an
# order in a second window. processId null: all of yours.
subscription WatchState($processId: ID) {
  onProcessState(processId: $processId) {
    processId
    status
    version
    error
    cause
    stepsDone
    stepsTotal
  }
}
`;

const watchSteps = `# Each document when a step has written it. Run this, then
# start an order in a second window. A subscription has
# one field, so states have an operation of their own.
subscription WatchSteps($processId: ID) {
  onProcessStep(processId: $processId) {
    processId
    step
    part
    bytes
    writtenAt
  }
}
`;

const readState = `# The status of a process. An empty processId means the
# process that you started last.
query ReadState($processId: ID!) {
  processState(processId: $processId) {
    processId
    definition
    status
    version
    startedAt
    stoppedAt
    error
    cause
    stepsDone
    stepsTotal
  }
}
`;

const readData = `# The documents of a process. An empty processId means
# the process that you started last.
query ReadData($processId: ID!) {
  processData(processId: $processId) {
    input {
      json
    }
    steps {
      step
      part
      bytes
      writtenAt
      json
    }
    nextToken
    output {
      json
      url
    }
  }
}
`;

const listDefinitions = `# What can be started, and the JSON Schema of its input.
query ListDefinitions {
  processDefinitions {
    name
    description
    steps
    inputSchema
  }
}
`;

/** The tabs that the explorer opens with: each operation of the way of a process, ready to run. */
export const exampleOperations = [
  tab(start, { definition: 'order', input: JSON.stringify(order) }),
  tab(watchState, { processId: null }),
  tab(watchSteps, { processId: null }),
  tab(readState, { processId: '' }),
  tab(readData, { processId: '' }),
  tab(listDefinitions),
];

function tab(query: string, variables?: Record<string, unknown>) {
  return { query, variables: variables ? JSON.stringify(variables, null, 2) : null };
}
