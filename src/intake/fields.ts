import type { Page } from '../core/page.ts';
import type { Field } from '../core/entry.ts';
export const proposeFields = (_pages: readonly Page[]): Field[] => [];
