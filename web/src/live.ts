import { useEffect, useRef, useState } from 'react';
import { client } from './api.ts';

/** Subjects of what was put on record. */
type Hear = (subjects: ReadonlySet<string>) => void;

/** One line to the gateway for all of the page. */
let source: EventSource | null = null;
const hearers = new Set<{ hear: (subject: string) => void; tell: (up: boolean) => void }>();

function open(): EventSource {
  const opened = new EventSource('/api/v1/events/stream');
  opened.onmessage = ({ data }: MessageEvent<string>) => {
    const { subject } = JSON.parse(data) as { subject: string };
    for (const { hear } of hearers) hear(subject);
  };
  opened.onopen = () => {
    for (const { tell } of hearers) tell(true);
  };
  opened.onerror = () => {
    for (const { tell } of hearers) tell(false);
    // The browser tries again by itself unless the answer was a refusal: then the session is over.
    if (opened.readyState === EventSource.CLOSED) void client.invalidateQueries({ queryKey: ['me'] });
  };
  return opened;
}

/** Calls back soon after something was put on record, at most twice a second. False while the line is down. */
export function useLive(onNews: Hear): boolean {
  const [up, setUp] = useState(true);
  const latest = useRef(onNews);
  useEffect(() => {
    latest.current = onNews;
  });
  useEffect(() => {
    let heard = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hearer = {
      hear(subject: string) {
        heard.add(subject);
        timer ??= setTimeout(() => {
          timer = undefined;
          const subjects = heard;
          heard = new Set();
          latest.current(subjects);
        }, 500);
      },
      tell: setUp,
    };
    hearers.add(hearer);
    source ??= open();
    return () => {
      clearTimeout(timer);
      hearers.delete(hearer);
      if (hearers.size > 0) return;
      source?.close();
      source = null;
    };
  }, []);
  return up;
}
