import type { CatalogVersion } from '../../src/core/routing/table.ts';
import type { GraphNode } from '../../test/onnx/graph.ts';
import { writtenFile, type ModelFile } from '../../test/onnx/models.ts';
import type { Fault } from './fault.ts';

/** What the models of this benchmark take and give. */
const features = { name: 'features', shape: ['n', 30] } as const;
const scores = { name: 'scores', shape: ['n', 30] } as const;
/**
 * Models that work on so many doublings of a row, so many times: a hundred times the users', 10 ms
 * and more; and longer than any copy may take.
 */
const heavy: Readonly<Partial<Record<Fault, Heavy>>> = {
  slow: { doublings: 11, steps: 180 },
  endless: { doublings: 14, steps: 6_000 },
};

type Heavy = { readonly doublings: number; readonly steps: number };

/** The users' model, and the shadow's: about the same work, or far more. */
export function writeModels(folder: string, fault: Fault): Record<'users' | 'shadow', ModelFile> {
  const io = { inputs: [features], outputs: [scores] };
  const much = heavy[fault];
  return {
    users: writtenFile(folder, 'users', { ...io, nodes: chain(features.name, scores.name, 1) }),
    shadow: writtenFile(folder, 'shadow', {
      ...io,
      nodes: much === undefined ? chain(features.name, scores.name, 2) : heavyNodes(much),
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

function heavyNodes({ doublings: count, steps }: Heavy): readonly GraphNode[] {
  const highest = (from: string, to: string): GraphNode => {
    return { op: 'ReduceMax', inputs: [from], outputs: [to], ints: { axes: [0] } };
  };
  const doublings = Array.from({ length: count }, (_, i): GraphNode => {
    const from = `wide${i}`;
    return { op: 'Concat', inputs: [from, from], outputs: [`wide${i + 1}`], int: { axis: 0 } };
  });
  return [
    highest(features.name, 'wide0'),
    ...doublings,
    ...chain(`wide${count}`, 'work', steps),
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
