/** A log histogram on the wire: bucket index and count, by rising index, no zero counts. */
export type SketchCounts = readonly (readonly [index: number, count: number])[];
