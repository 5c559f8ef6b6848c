import type { CatalogVersion } from '../../src/core/routing/table.ts';
import type { GraphNode } from '../../test/onnx/graph.ts';
import { writtenFile, type ModelFile } from '../../test/onnx/models.ts';
import type { Fault } from './fault.ts';

/** What the models of this benchmark take and give. */
const features = { name: 'features', shape: ['n', 30] } as const;
const scores = { name: 'scores', shape: ['n', 30] } as const;
/** Steps of the slow model: more than a hundred times the work of the others. */
const STEPS = 3_000;

/** The users' model, and the shadow's: about the same work, or very much more. */
export function writeModels(folder: string, fault: Fault): Record<'users' | 'shadow', ModelFile> {
  return {
    users: written(folder, 'users', 1),
    shadow: written(folder, 'shadow', fault === 'slow' ? STEPS : 2),
  };
}

function written(folder: string, name: string, steps: number): ModelFile {
  const between = (step: number): string => (step === steps ? scores.name : `step${step}`);
  const nodes = Array.from({ length: steps }, (_, i): GraphNode => {
    const input = i === 0 ? features.name : between(i);
    return { op: 'Softmax', inputs: [input], outputs: [between(i + 1)], int: { axis: 1 } };
  });
  return writtenFile(folder, name, { inputs: [features], outputs: [scores], nodes });
}

/** The version of a file under a number of its own. */
export const versionOf = ({ version }: ModelFile, number: number): CatalogVersion => ({
  ...version,
  model: 'bench',
  version: number,
});
