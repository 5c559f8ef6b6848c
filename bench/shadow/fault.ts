/** What may be wrong with a shadow; `none`: nothing is ever copied, and what shows is chance. */
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

/** What it is told later: whether to copy. */
export type GatewayOrder = { readonly copies: boolean };

/** What it says once it answers, and whenever it has done what it was told. */
export type GatewayWord = { readonly port: number };

/** Where a gateway answers. */
export const PATH = '/v2/models/risk/infer';
