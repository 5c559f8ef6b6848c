import { tableOf } from '../../src/control/state.ts';
import { reportSample } from '../samples.ts';
import type { Desk } from './admin-desk.ts';
import { refTo } from './catalog.ts';

/** Lets seconds pass with a gateway that does what it is told, with every version loaded. */
export function obedientGateway(desk: () => Desk): (seconds: number) => Promise<void> {
  let sequence = 0;
  return async (seconds) => {
    const { control, timeline } = desk();
    const { journal, clock } = control.context;
    for (let second = 0; second < seconds; second += 1) {
      const report = reportSample({
        sequence: (sequence += 1),
        generation: tableOf(journal.state()).generation,
        ready: [1, 2, 3].map((version) => refTo('tumour', version).digest),
        through: clock.now(),
      });
      await control.feed.report(report, new AbortController().signal);
      await timeline.advance(1_000);
    }
  };
}
