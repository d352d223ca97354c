import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

export interface Progress {
  state: string; dispatched: boolean; recipients: number; planned: number; sending: number; sent: number; failed: number; skipped: number; unknown: number;
  backlog: number; perSecond: number; secondsToEmpty: number | null; workers: number; asOf: string;
}

/** A campaign's progress as the service streams it (server-sent events); the browser reconnects by itself and says where it was. */
export function useProgress(id: string, enabled: boolean) {
  const [progress, setProgress] = useState<Progress | null>(null);
  const [live, setLive] = useState(false);
  const queries = useQueryClient();
  useEffect(() => {
    if (!enabled) return;
    const source = new EventSource(`/api/campaign/v1/campaigns/${id}/progress`);
    const take = (event: MessageEvent<string>) => { setProgress(JSON.parse(event.data) as Progress); setLive(true); };
    const finish = (event: MessageEvent<string>) => {
      take(event);
      source.close();
      setLive(false);
      void queries.invalidateQueries({ queryKey: ['campaign', id] });
    };
    source.addEventListener('progress', take);
    source.addEventListener('end', finish);
    source.onerror = () => setLive(false);
    return () => source.close();
  }, [id, enabled, queries]);
  return { progress, live };
}
