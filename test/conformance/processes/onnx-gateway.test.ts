import { conformanceSuite } from '../suite.ts';
import { startOnnxTarget } from '../target.ts';

conformanceSuite('The gateway, with ONNX models,', startOnnxTarget);
