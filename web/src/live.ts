import { useEffect, useRef, useState } from 'react';
import { client } from './api.ts';

/** Calls back soon after something was put on record, at most twice a second. False while the line is down. */
export function useLive(onNews: () => void): boolean {
  const [up, setUp] = useState(true);
  const latest = useRef(onNews);
  useEffect(() => {
    latest.current = onNews;
  });
  useEffect(() => {
    const source = new EventSource('/api/v1/events/stream');
    let timer: ReturnType<typeof setTimeout> | undefined;
    source.onmessage = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        latest.current();
      }, 500);
    };
    source.onopen = () => {
      setUp(true);
    };
    source.onerror = () => {
      setUp(false);
      // The browser tries again by itself unless the answer was a refusal: then the session is over.
      if (source.readyState === EventSource.CLOSED) void client.invalidateQueries({ queryKey: ['me'] });
    };
    return () => {
      clearTimeout(timer);
      source.close();
    };
  }, []);
  return up;
}
