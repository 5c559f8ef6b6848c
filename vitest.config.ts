import { defineConfig } from 'vitest/config';

// Three suites: `unit` is quick and runs on every save, `simulator` runs the whole system in one
// process from seeds and calibrates the statistics, `scenario` starts real processes.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'src/**/*.test.ts',
            'sdk/**/*.test.ts',
            'bench/**/*.test.ts',
            'test/*.test.ts',
            'test/tidy/*.test.ts',
            'test/gateway/*.test.ts',
            'test/conformance/*.test.ts',
          ],
          pool: 'threads',
          // A hang is still found; a machine that is busy with other things is not taken for one.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'simulator',
          include: ['test/simulator/**/*.test.ts', 'test/calibration/**/*.test.ts'],
          testTimeout: 240_000,
        },
      },
      {
        test: {
          name: 'fuzz',
          include: ['test/fuzz/**/*.test.ts'],
          testTimeout: 240_000,
          pool: 'forks',
        },
      },
      {
        test: {
          name: 'scenario',
          include: ['test/scenario/**/*.test.ts', 'test/conformance/processes/*.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          pool: 'forks',
        },
      },
    ],
  },
});
