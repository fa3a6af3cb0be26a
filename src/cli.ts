#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// Before anything else is loaded: the types are stripped once, not at every command.
enableCompileCache();
await import('./cli/program.ts');
