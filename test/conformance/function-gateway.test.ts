import { conformanceSuite } from './suite.ts';
import { startFunctionTarget } from './target.ts';

// G4: the Open Inference Protocol.
conformanceSuite('The gateway, with functions as models,', startFunctionTarget);
