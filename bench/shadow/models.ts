import type { CatalogVersion } from '../../src/core/routing/table.ts';
import type { GraphNode } from '../../test/onnx/graph.ts';
import { writtenFile, type ModelFile } from '../../test/onnx/models.ts';
import type { Fault } from './fault.ts';

/** What the models of this benchmark take and give. */
const features = { name: 'features', shape: ['n', 30] } as const;
const scores = { name: 'scores', shape: ['n', 30] } as const;
/** The slow model works on so many doublings of a row, so many times: 10 ms and more. */
const DOUBLINGS = 11;
const STEPS = 180;

/** The users' model, and the shadow's: about the same work, or a hundred times as much. */
export function writeModels(folder: string, fault: Fault): Record<'users' | 'shadow', ModelFile> {
  const io = { inputs: [features], outputs: [scores] };
  return {
    users: writtenFile(folder, 'users', { ...io, nodes: chain(features.name, scores.name, 1) }),
    shadow: writtenFile(folder, 'shadow', {
      ...io,
      nodes: fault === 'slow' ? slowNodes() : chain(features.name, scores.name, 2),
    }),
  };
}

function chain(from: string, to: string, steps: number): readonly GraphNode[] {
  return Array.from({ length: steps }, (_, i) => ({
    op: 'Softmax',
    inputs: [i === 0 ? from : `${to}${i}`],
    outputs: [i + 1 === steps ? to : `${to}${i + 1}`],
    int: { axis: 1 },
  }));
}

function slowNodes(): readonly GraphNode[] {
  const highest = (from: string, to: string): GraphNode => {
    return { op: 'ReduceMax', inputs: [from], outputs: [to], ints: { axes: [0] } };
  };
  const doublings = Array.from({ length: DOUBLINGS }, (_, i): GraphNode => {
    const from = `wide${i}`;
    return { op: 'Concat', inputs: [from, from], outputs: [`wide${i + 1}`], int: { axis: 0 } };
  });
  return [
    highest(features.name, 'wide0'),
    ...doublings,
    ...chain(`wide${DOUBLINGS}`, 'work', STEPS),
    highest('work', 'best'),
    { op: 'Add', inputs: [features.name, 'best'], outputs: [scores.name] },
  ];
}

/** The version of a file under a number of its own. */
export const versionOf = ({ version }: ModelFile, number: number): CatalogVersion => ({
  ...version,
  model: 'bench',
  version: number,
});
