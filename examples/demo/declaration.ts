/**
 * The rollout that the demonstration starts: a version of the model its endpoint is named after.
 */
export const declarationOf = (model: string, version: number) => ({
  endpoint: model,
  candidate: `${model}@${version}`,
  strategy: 'default' as const,
  // More is tolerated here than by default, so that seconds of traffic can show it, also on a
  // machine that is busy with other things.
  triggers: [
    'default' as const,
    { metric: 'error_rate' as const, tolerance: '1%' },
    { metric: 'null_rate' as const, limit: '2%', tolerance: '1%' },
    { metric: 'latency' as const, tolerance: '3%' },
  ],
  bucket: '1s',
  reason: 'demonstration',
});
