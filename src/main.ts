import { enableCompileCache } from 'node:module';

// Before anything else is loaded: the types are stripped once, not at every start.
enableCompileCache();
const { serve } = await import('./serve.ts');
process.exitCode = await serve();
