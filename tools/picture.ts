// `node tools/picture.ts docs/demo.txt docs/demo.svg`: draws what `npm start` printed.
// The text is captured first: `npm start > docs/demo.txt`.
import { readFileSync, writeFileSync } from 'node:fs';
import { pictureOf } from './picture/draw.ts';

const [from, to] = process.argv.slice(2);
if (from === undefined || to === undefined) {
  process.stderr.write('usage: node tools/picture.ts TEXT SVG\n');
  process.exitCode = 2;
} else {
  writeFileSync(to, pictureOf(readFileSync(from, 'utf8')));
}
