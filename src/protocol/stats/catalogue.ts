import { z } from 'zod';
import { agreementProcedures } from './agreement.ts';
import { banditProcedures } from './bandits.ts';
import { driftProcedures } from './drift.ts';
import { evidenceProcedures } from './evidence.ts';
import { flagProcedures } from './flags.ts';
import { meanProcedures } from './means.ts';
import { planningProcedures } from './planning.ts';
import type { Procedure } from './procedure.ts';
import { proportionProcedures } from './proportions.ts';
import { sequenceProcedures } from './sequences.ts';
import { specialProcedures } from './special.ts';

/** Every statistical procedure that may be called by name. */
export const procedures: Readonly<Record<string, Procedure>> = {
  ...evidenceProcedures,
  ...sequenceProcedures,
  ...proportionProcedures,
  ...meanProcedures,
  ...planningProcedures,
  ...agreementProcedures,
  ...driftProcedures,
  ...banditProcedures,
  ...flagProcedures,
  ...specialProcedures,
};

/** What is told of a procedure to those who want to call it. */
export const describeProcedure = (name: string, { summary, source, input }: Procedure) => ({
  name,
  summary,
  source,
  input: z.toJSONSchema(input, { io: 'input' }),
});
