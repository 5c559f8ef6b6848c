/**
 * Lives every story that has no receipt yet, or those named, and keeps their receipts: `node
 * test/histories/record-receipts.ts [NAME...]`. A receipt that is there is what the past decided:
 * it is written anew only when deciding is meant to change.
 */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Receipt } from '../../src/core/replay/receipt.ts';
import { receiptOf, receiptStories } from './receipt-stories.ts';

const named = new Set(process.argv.slice(2));
for (const story of receiptStories) {
  const path = join(import.meta.dirname, 'receipts', `${story.name}.json`);
  const isWanted = named.size === 0 ? !existsSync(path) : named.has(story.name);
  if (!isWanted) continue;
  const receipt = await receiptOf(story);
  await writeFile(path, textOf(receipt));
  console.log(`${story.name}: ${receipt.entries.length} entries`);
}

/** One line an entry and a window, so that differences can be read. */
function textOf(receipt: Receipt): string {
  const members = Object.entries(receipt).map(([name, value]) => {
    const rows: readonly unknown[] | null = Array.isArray(value) ? value : null;
    const text = rows?.map((row) => `    ${JSON.stringify(row)}`).join(',\n');
    return `  "${name}": ${text === undefined ? JSON.stringify(value) : `[\n${text}\n  ]`}`;
  });
  return `{\n${members.join(',\n')}\n}\n`;
}
