/**
 * The possible next events in a state: a request takes effect, a call crashes, an event is
 * delivered, an execution ends, or minutes pass.
 */
import { recordStatusChange } from '../../events/status-change.ts';
import { checkResponse, checkStep, runningExecutions, type Violation } from './invariants.ts';
import { PROCESS_ID, type Scenario } from './scenarios.ts';
import { type Actor, type Automata, BETWEEN_PHASES_MS, enterPhase, type State } from './state.ts';
import { apply, endExecution, later, type Outcome, type Request, type StatusEvent } from './world.ts';

/** One possible event; `story` describes it. */
export type Choice = {
  story(): string;
  take(): Promise<{ state: State; violation?: Violation | undefined }>;
};

/** Returns all possible events, always in the same order. */
export function choicesOf(scenario: Scenario, automata: Automata, state: State): Choice[] {
  return [
    ...state.actors.flatMap((actor) => requestChoices(scenario, state, actor)),
    ...crashChoices(state),
    ...eventChoices(automata, state),
    ...endChoices(scenario, state),
    ...phaseChoices(scenario, automata, state),
  ];
}

function requestChoices(scenario: Scenario, state: State, actor: Actor): Choice[] {
  return actor.position.pending.flatMap(({ index, request }) =>
    apply(state.world, request)
      .filter(({ stale }) => !stale || state.budget.stale > 0)
      .map((outcome) => ({
        story: () => `${actor.name} ${requestStory(request, outcome)}`,
        take: () => takeRequest(scenario, state, actor, index, outcome),
      })),
  );
}

async function takeRequest(
  scenario: Scenario,
  state: State,
  actor: Actor,
  index: number,
  { world, response, stale }: Outcome,
): Promise<{ state: State; violation?: Violation | undefined }> {
  const position = await actor.automaton.next(actor.position, index, response);
  const budget = stale ? { ...state.budget, stale: state.budget.stale - 1 } : state.budget;
  const moved: State = {
    ...state,
    world,
    budget,
    actors: state.actors.map((each) => (each === actor ? { ...actor, position } : each)),
  };
  const broken = checkResponse(actor.owner, response) ?? checkStep(state, moved);
  if (broken || !position.result) return { state: moved, violation: broken };
  return finish(
    scenario,
    { ...moved, actors: moved.actors.filter(({ name }) => name !== actor.name) },
    {
      ...actor,
      position,
    },
  );
}

/** A call that has returned or thrown. */
function finish(scenario: Scenario, state: State, actor: Actor): { state: State; violation?: Violation } {
  const { result } = actor.position;
  const call = scenario.phases[state.phase]?.calls.find(({ name }) => name === actor.name);
  if (!result || !call) return { state };
  if ('error' in result) {
    if (call.mayFail?.includes(result.error.name) || result.error.name === 'StateContended') return { state };
    const seen = `${actor.name} failed: ${result.error.name}: ${result.error.message}`;
    const invariant = result.error.name === 'ProcessConflict' ? 'owners-apart' : 'no-surprise';
    return { state, violation: { invariant, seen } };
  }
  if (!call.accepts) return { state };
  const accepted = [...new Set([...state.accepted, `${call.owner}/${PROCESS_ID}`])].sort();
  return { state: { ...state, accepted } };
}

function crashChoices(state: State): Choice[] {
  if (state.budget.crashes === 0) return [];
  return state.actors.map((actor) => ({
    story: () => `${actor.name} crashes`,
    take: async () => ({
      state: {
        ...state,
        actors: state.actors.filter((each) => each !== actor),
        budget: { ...state.budget, crashes: state.budget.crashes - 1 },
      },
    }),
  }));
}

/** An event that is not chosen stays, as a late one. One that is never chosen is lost. */
function eventChoices(automata: Automata, state: State): Choice[] {
  return state.world.events.flatMap((event, index) => {
    const name = `the event ${event.status} of run ${event.redriveCount}`;
    if (state.actors.some((actor) => actor.name === name)) return [];
    const deliver = async (keep: boolean) => {
      const actor = await automata.actor(
        name,
        state.world.now,
        (services) => recordStatusChange(services, detailOf(event)),
        undefined,
        JSON.stringify(event),
      );
      const events = keep ? state.world.events : state.world.events.filter((_, at) => at !== index);
      const duplicates = state.budget.duplicates - (keep ? 1 : 0);
      return {
        state: {
          ...state,
          world: { ...state.world, events },
          actors: [...state.actors, actor],
          budget: { ...state.budget, duplicates },
        },
      };
    };
    const once: Choice = { story: () => `${name} is delivered`, take: () => deliver(false) };
    const twice: Choice = {
      story: () => `${name} is delivered, and will be again`,
      take: () => deliver(true),
    };
    return state.budget.duplicates > 0 ? [once, twice] : [once];
  });
}

function endChoices(scenario: Scenario, state: State): Choice[] {
  const ends = scenario.phases[state.phase]?.ends ?? [];
  const next = ends[ends.length - state.budget.ends];
  if (!next) return [];
  return runningExecutions(state.world).map((arn) => ({
    story: () => `the execution ends: ${next}`,
    take: async () => {
      const ended = { ...state, world: endExecution(state.world, arn, next) };
      return { state: { ...ended, budget: { ...state.budget, ends: state.budget.ends - 1 } } };
    },
  }));
}

function phaseChoices(scenario: Scenario, automata: Automata, state: State): Choice[] {
  const next = state.phase + 1;
  if (state.actors.length > 0 || next >= scenario.phases.length) return [];
  return [
    {
      story: () => 'five minutes pass',
      take: async () => {
        const world = later(state.world, BETWEEN_PHASES_MS);
        return { state: await enterPhase(scenario, automata, { ...state, world }, next) };
      },
    },
  ];
}

function detailOf({ arn, name, input, status, redriveCount, stoppedAt, error }: StatusEvent) {
  return { executionArn: arn, name, status, input, stopDate: stoppedAt, error, cause: null, redriveCount };
}

function requestStory(request: Request, { response, stale }: Outcome): string {
  const outcome = 'value' in response ? '' : `: ${Object.values(response.error)[0]}`;
  if ('publish' in request) {
    const { version, status } = request.publish;
    return `publishes version ${version} ${status}${outcome}`;
  }
  const { command } = request;
  const { Key, Prefix, Body, IfMatch, IfNoneMatch } = (
    command as { input: Record<string, string | undefined> }
  ).input;
  const operation = command.constructor.name.replace('Command', '');
  const target = Key ?? Prefix ?? '';
  const condition = IfNoneMatch ? ' if absent' : IfMatch ? ' if it is unchanged' : '';
  const wrote = Body && target.endsWith('state.json') ? ` (${summaryOf(Body)})` : '';
  const seen = 'value' in response ? seenStory(response.value) : '';
  return `${operation} ${target}${condition}${wrote}${outcome}${seen}${stale ? ', which is stale' : ''}`;
}

function seenStory(value: unknown): string {
  const { status, redriveCount, text } = value as { status?: string; redriveCount?: number; text?: string };
  if (status !== undefined) return ` -> ${status}, run ${redriveCount}`;
  return text?.includes('"version"') ? ` -> ${summaryOf(text)}` : '';
}

function summaryOf(record: string): string {
  const { version, status, redriveCount } = JSON.parse(record) as Record<string, unknown>;
  return `version ${version} ${status}, run ${redriveCount}`;
}
