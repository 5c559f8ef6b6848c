import type { Command } from 'commander';
import { canonicalJson } from '../core/lib/canonical.ts';
import type { Runner } from './command.ts';
import { writeReceipt } from './receipt-file.ts';
import { readRollout } from './reference.ts';
import { plural } from './wording.ts';

type Options = { readonly out?: string };

/** `rollout receipt`. */
export function addRolloutReceipt(rollout: Command, runner: Runner): void {
  rollout
    .command('receipt ROLLOUT')
    .description('write down all that its decisions rested on (ROLLOUT: its id or its endpoint)')
    .option('--out <file>', 'where to; default: stdout')
    .action(
      runner.does<Options>(async (session, [word = ''], { out: file }) => {
        const client = await session.client();
        const { id } = await readRollout(client, word);
        const receipt = await client.rollout.receipt({ params: { rollout: id } });
        if (file === undefined) {
          session.out.data(canonicalJson(receipt));
          return;
        }
        writeReceipt(receipt, file);
        const { entries, windows, sha256 } = receipt;
        const said = {
          rollout: id,
          file,
          entries: entries.length,
          windows: windows.length,
          sha256,
        };
        session.out.result(said, () =>
          [
            `${file}: ${plural(entries.length, 'entry', 'entries')} of the audit log and ` +
              `${plural(windows.length, 'window', 'windows')} of ${id}`,
            `sha256 ${sha256}; keep it elsewhere`,
          ].join('\n'),
        );
      }),
    );
}
