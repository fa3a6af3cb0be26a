export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  transform: {
    '^.+\\.tsx?$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript', tsx: false } }, module: { type: 'es6' } },
    ],
  },
  testSequencer: '<rootDir>/test/sequencer.ts',
  // Only a hang should meet it: a cold machine starts browsers and databases slowly.
  testTimeout: 120_000,
  maxWorkers: 2,
};
