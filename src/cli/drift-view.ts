import type { CallAnswer } from '../protocol/admin/call.ts';
import type { Output } from './output.ts';
import { renderTable } from './table.ts';
import type { Cell } from './table.ts';
import { count, percent } from './wording.ts';

type Row = CallAnswer<'drift.read'>[number];
type Drift = Row['drifts'][number];

/** What is shown of an endpoint at the most: what moved most comes first. */
const SHOWN_MAX = 10;

const LEVEL: Readonly<Record<Drift['level'], Cell>> = {
  none: { text: 'no', style: 'dim' },
  slight: 'slightly',
  warn: { text: 'MOVED', style: 'warn' },
  act: { text: 'MOVED FAR', style: 'bad' },
};

/** What drifted, endpoint by endpoint; `isAsked`: also what did not. Empty: nothing to say. */
export function driftText(rows: readonly Row[], out: Output, isAsked: boolean): string {
  return rows
    .filter(({ cause }) => isAsked || (cause !== null && cause !== 'none'))
    .map((row) => {
      const table = row.drifts.length === 0 ? '' : `${tableOf(row, out, isAsked)}\n`;
      return `${table}${out.paint('strong', row.endpoint)}: ${row.sentence}`;
    })
    .join('\n\n');
}

const isMoved = ({ level }: Drift): boolean => level === 'warn' || level === 'act';

/** How far beyond what chance explains. */
const loudness = ({ psi, critical }: Drift): number => (critical > 0 ? psi / critical : 0);

function tableOf({ drifts }: Row, out: Output, isAsked: boolean): string {
  const known = drifts.filter((one) => isAsked || isMoved(one));
  const sorted = known.toSorted((a, b) => {
    return Number(isMoved(b)) - Number(isMoved(a)) || loudness(b) - loudness(a);
  });
  const shown = sorted.slice(0, SHOWN_MAX);
  const left = sorted.length - shown.length;
  const table = renderTable(
    [
      { title: 'DRIFT OF' },
      { title: 'ARM' },
      { title: 'AGAINST' },
      { title: 'ROWS', right: true },
      { title: 'PSI', right: true },
      { title: 'BY CHANCE', right: true },
      { title: 'P', right: true },
      { title: 'MOVED' },
      { title: 'MOST' },
    ],
    shown.map((one) => [
      one.what,
      one.arm,
      one.against ?? 'training data',
      count(one.rows),
      one.psi.toFixed(3),
      `< ${one.critical.toFixed(3)}`,
      one.pValue < P_SHOWN_MIN ? `< ${P_SHOWN_MIN}` : one.pValue.toPrecision(2),
      LEVEL[one.level],
      `${one.bin}: ${percent(one.share)}, was ${percent(one.otherShare)}`,
    ]),
    out.surface,
  );
  return left === 0 ? table : `${table}\nand ${count(left)} more that moved less`;
}

const P_SHOWN_MIN = 0.0001;
