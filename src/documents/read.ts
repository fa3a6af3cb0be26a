import type { Page } from '../core/page.ts';
export interface Reading {
  readonly pages: readonly { readonly page: Page; readonly png: Uint8Array }[];
  readonly warnings: readonly string[];
}
