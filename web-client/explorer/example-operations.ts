const start = `# Starts a process: a new one with every run.
# With a "processId" (a UUID) in the variables, the same
# start repeated joins the process that is there.
mutation Start($definition: String!, $input: AWSJSON!, $processId: ID) {
  startProcess(definition: $definition, input: $input, processId: $processId) {
    processId
    status
    version
    startedAt
    stepsTotal
  }
}
`;

const watchState = `# Each change of state, pushed. Run this, then start a
# process in a second window. processId null: all of yours.
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
# start a process in a second window. A subscription has
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

/** What the start needs to know of a definition; `inputSchema` is the text of its JSON Schema. */
export type Startable = { name: string; inputSchema: string };

/**
 * Returns the tabs that the explorer opens with: each operation of the way of a process, ready to
 * run. The start is that of the first definition, with the first of the `examples` in its schema.
 */
export function exampleOperations([first]: readonly Startable[]) {
  const { examples = [] } = JSON.parse(first?.inputSchema ?? '{}') as { examples?: unknown[] };
  return [
    tab(start, { definition: first?.name ?? '', input: JSON.stringify(examples[0] ?? {}) }),
    tab(watchState, { processId: null }),
    tab(watchSteps, { processId: null }),
    tab(readState, { processId: '' }),
    tab(readData, { processId: '' }),
    tab(listDefinitions),
  ];
}

function tab(query: string, variables?: Record<string, unknown>) {
  return { query, variables: variables ? JSON.stringify(variables, null, 2) : null };
}
