// Asserts what `npm start -- --json` must have done: a good canary promoted, a bad one reverted,
// and
// no client request failed. Plain JavaScript, so that any Node runs it.
import { readFileSync } from 'node:fs';

const result = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const problems = [];
const [good, bad] = result.rollouts;
if (result.rollouts.length !== 2)
  problems.push(`2 rollouts expected, not ${result.rollouts.length}`);
if (good?.outcome !== 'promoted') problems.push(`the good canary was ${good?.outcome}`);
if (bad?.outcome !== 'reverted') problems.push(`the bad canary was ${bad?.outcome}`);
if (result.failedClientRequests !== 0)
  problems.push(`${result.failedClientRequests} requests failed`);
if (!(result.requests > 1_000)) problems.push(`only ${result.requests} requests were sent`);
for (const { endpoint, seconds, candidateRequests, reason } of result.rollouts) {
  if (!endpoint || !reason || !(seconds > 0) || !(candidateRequests > 0)) {
    problems.push('a rollout lacks its figures');
  }
}
if (problems.length > 0) {
  console.error(`the demo went wrong:\n- ${problems.join('\n- ')}`);
  process.exit(1);
}
console.log(
  `demo: promoted in ${good.seconds} s, reverted in ${bad.seconds} s, ` +
    `${result.requests} requests, ${result.failedClientRequests} failed`,
);
