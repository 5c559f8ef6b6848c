/** What may be wrong with a shadow; `none`: the same rollout, and nothing is copied. */
export const FAULTS = [
  'none',
  'healthy',
  'dead',
  'black-holed',
  'slow',
  'endless',
  'garbage',
] as const;

/** See `FAULTS`. */
export type Fault = (typeof FAULTS)[number];

/** What a gateway process is told when it is started. */
export type GatewayPlan = { readonly fault: Fault; readonly folder: string };

/** What it says once it answers. */
export type GatewayWord = { readonly port: number };

/** Where a gateway answers. */
export const PATH = '/v2/models/risk/infer';
