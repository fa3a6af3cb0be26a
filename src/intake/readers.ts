/** Every way to make a printed value canonical. */
export * from './values.ts';
export * from './details.ts';
export * from './coverage.ts';
