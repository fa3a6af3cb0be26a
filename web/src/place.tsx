import { Anchor, type AnchorProps } from '@mantine/core';
import { useSyncExternalStore, type MouseEvent, type ReactNode } from 'react';

/** Where the page is: the address bar is the only memory of it. */

const moved = 'loopgate:moved';

/** Asked where somebody wants to go while something on the page would be lost by it. */
type Guard = (to: string) => void;
let guard: Guard | null = null;
let here = window.location.href;

/** Who leaves the page by a link, a key or the browser's *Back* is asked first, until this is called with null.
 *  Whoever is sure goes by `leave`. */
export function guardPlace(next: Guard | null): void {
  guard = next;
}

// Before all others who listen: the page must not change under the question.
window.addEventListener('popstate', (event) => {
  const to = window.location.href;
  if (guard === null) {
    here = to;
    return;
  }
  event.stopImmediatePropagation();
  window.history.pushState(null, '', here);
  guard(to);
});

function listen(tell: () => void): () => void {
  window.addEventListener('popstate', tell);
  window.addEventListener(moved, tell);
  return () => {
    window.removeEventListener('popstate', tell);
    window.removeEventListener(moved, tell);
  };
}

export function usePlace(): URL {
  const href = useSyncExternalStore(listen, () => window.location.href);
  return new URL(href);
}

export function go(to: string): void {
  if (guard === null) leave(to);
  else guard(to);
}

/** Whatever is lost by it. */
export function leave(to: string): void {
  guard = null;
  window.history.pushState(null, '', to);
  here = window.location.href;
  window.dispatchEvent(new Event(moved));
  window.scrollTo(0, 0);
}

/** The present address with some of its filters changed; empty ones vanish. */
export function withFilters(place: URL, changes: Readonly<Record<string, string>>): string {
  const next = new URL(place);
  for (const [name, value] of Object.entries(changes)) {
    if (value === '') next.searchParams.delete(name);
    else next.searchParams.set(name, value);
  }
  return `${next.pathname}${next.search}`;
}

/** A real link that the page follows without loading anew. */
export function Go({
  to,
  onFollow,
  children,
  ...rest
}: {
  readonly to: string;
  readonly onFollow?: () => void;
  readonly children: ReactNode;
  readonly title?: string;
} & AnchorProps) {
  const follow = (event: MouseEvent): void => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    onFollow?.();
    go(to);
  };
  return (
    <Anchor href={to} onClick={follow} {...rest}>
      {children}
    </Anchor>
  );
}
