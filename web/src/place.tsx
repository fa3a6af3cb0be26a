import { Anchor, type AnchorProps } from '@mantine/core';
import { useSyncExternalStore, type MouseEvent, type ReactNode } from 'react';

/** Where the page is: the address bar is the only memory of it. */

const moved = 'loopgate:moved';

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
  window.history.pushState(null, '', to);
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
