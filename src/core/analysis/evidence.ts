/** What is known of a rollout's checks from its closed buckets. Placeholder shape until analysed. */
export type Evidence = { readonly buckets: number };
