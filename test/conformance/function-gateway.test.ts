import { conformanceSuite } from './suite.ts';
import { startFunctionTarget } from './target.ts';

conformanceSuite('The gateway, with functions as models,', startFunctionTarget);
