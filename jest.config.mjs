const shared = {
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  moduleNameMapper: {
    '^node-libvirt$': '<rootDir>/packages/node-libvirt/src/index.ts',
    '^node-libvirt/testing$': '<rootDir>/packages/node-libvirt/src/testing/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['/build/', '/dist/'],
};

/** `unit` runs anywhere; `live` needs the lab (root on Linux) and is asked for with LIFEBOAT_LIVE=1. */
export default {
  /** A bound against tests that hang, wide enough for a machine that others load: no test is about time. */
  testTimeout: 180_000,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: [
        '<rootDir>/{src,packages}/**/*.test.ts',
        '<rootDir>/test/{wire,docs,properties,contracts,scenarios,replays}/**/*.test.ts',
      ],
    },
    {
      ...shared,
      displayName: 'live',
      testMatch: ['<rootDir>/test/live/**/*.test.ts'],
      // Stops of the store at every act take many minutes: only the full set has them.
      testPathIgnorePatterns: [
        '/node_modules/',
        ...(process.env.LIFEBOAT_LIVE_ALL === '1' ? [] : ['/test/live/store-stops\\.test\\.ts$']),
      ],
      globalSetup: '<rootDir>/test/live/lab-up.mjs',
      globalTeardown: '<rootDir>/test/live/lab-down.mjs',
    },
  ],
};
