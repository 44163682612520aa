import cliProgress from 'cli-progress';
import { nameOf, type ProgressView } from './progress-update.ts';
import { createStepCount } from './step-count.ts';

/**
 * Creates progress for a terminal: one line with the number of steps done, the time since the
 * process started, and the latest step.
 */
export function createProgressBar(stream: NodeJS.WritableStream): ProgressView {
  const count = createStepCount();
  let earlierSeconds = 0;
  const bar = new cliProgress.SingleBar(
    {
      stream,
      format: '{bar} {value}/{total} steps  {duration_formatted}  {latest}',
      formatTime: (seconds) => formatClock(earlierSeconds + seconds),
      barsize: 30,
      // The bar is cut to the width of the terminal. This leaves the terminal's settings unchanged,
      // however this process ends.
      linewrap: true,
    },
    cliProgress.Presets.shades_classic,
  );

  return {
    begin({ processId, definition, status, startedAt, stoppedAt, stepsTotal }) {
      stream.write(`Process [${processId}] of [${definition}]\n`);
      const until = stoppedAt ? Date.parse(stoppedAt) : Date.now();
      earlierSeconds = Math.max(0, Math.round((until - Date.parse(startedAt)) / 1_000));
      bar.start(stepsTotal, 0, { latest: status });
    },
    show(update) {
      const stepsDone = count.add(update);
      if (update.kind === 'step') return bar.update(stepsDone, { latest: nameOf(update.step) });
      const { status, stoppedAt, stepsTotal } = update.state;
      bar.setTotal(stepsTotal);
      bar.update(stepsDone);
      if (stoppedAt === null) return;
      bar.update({ latest: status });
      bar.stop();
    },
    [Symbol.dispose]() {
      bar.stop();
    },
  };
}

/** `hh:mm:ss` */
function formatClock(seconds: number): string {
  return [seconds / 3_600, (seconds / 60) % 60, seconds % 60]
    .map((part) => String(Math.floor(part)).padStart(2, '0'))
    .join(':');
}
