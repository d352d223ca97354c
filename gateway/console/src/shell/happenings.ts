import { type QueryKey, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';

const CHANNEL = 'crm-happened';

/** What a screen shows that events of a type may change. Lists in which somebody reads or types are asked anew only where they are short. */
const SHOWN: Record<string, QueryKey[]> = {
  ApprovalChanged: [['approvals'], ['campaign'], ['journey']],
  CaseChanged: [['late-cases'], ['case'], ['home', 'late']],
  CaseClockWarned: [['late-cases'], ['case'], ['home', 'late']],
  CaseClockBreached: [['late-cases'], ['cases'], ['case'], ['home', 'late']],
  AlertsRaised: [['alerts'], ['home', 'board']],
  ProductIssueSuspected: [['product-issues'], ['home', 'board']],
  ProductIssueClosed: [['product-issues'], ['home', 'board']],
  ErasureRequested: [['due-privacy-requests'], ['privacy-requests']],
  CustomerErased: [['due-privacy-requests'], ['privacy-requests'], ['privacy-request']],
};

export const keysOf = (types: string[]) => [...new Map(types.flatMap((type) => SHOWN[type] ?? []).map((key) => [key.join('/'), key])).values()];

/**
 * Asks anew for what events have changed, a second or two after they happened. One tab of the browser listens for all of them: a browser keeps
 * only six connections to a server.
 */
export function useHappenings() {
  const queries = useQueryClient();
  useEffect(() => {
    if (typeof EventSource === 'undefined' || typeof BroadcastChannel === 'undefined') return;
    const over = new AbortController();
    const channel = new BroadcastChannel(CHANNEL);
    const tell = (types: string[]) => { for (const queryKey of keysOf(types)) void queries.invalidateQueries({ queryKey }); };
    channel.onmessage = (event: MessageEvent<string[]>) => tell(event.data);
    const listen = () => new Promise<void>((done) => {
      if (over.signal.aborted) return done();
      const source = new EventSource('/api/analytics/v1/event-types/stream');
      source.addEventListener('happened', (event) => {
        const { types } = JSON.parse((event as MessageEvent<string>).data) as { types: string[] };
        if (types.length === 0) return;
        tell(types);
        channel.postMessage(types);
      });
      over.signal.addEventListener('abort', () => { source.close(); done(); });
    });
    if (navigator.locks) void navigator.locks.request(CHANNEL, { signal: over.signal }, listen).catch(() => undefined);
    else void listen();
    return () => { over.abort(); channel.close(); };
  }, [queries]);
}
