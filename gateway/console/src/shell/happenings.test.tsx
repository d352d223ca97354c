import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query';
import { act, render, screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { keysOf, useHappenings } from './happenings';

class Source extends EventTarget {
  static all: Source[] = [];
  close = vi.fn();
  constructor(readonly url: string) { super(); Source.all.push(this); }
  say(types: string[]) { this.dispatchEvent(new MessageEvent('happened', { data: JSON.stringify({ types }) })); }
}

class Channel {
  static all: Channel[] = [];
  onmessage: ((event: { data: unknown }) => void) | null = null;
  constructor() { Channel.all.push(this); }
  postMessage(data: unknown) { for (const other of Channel.all) if (other !== this) other.onmessage?.({ data }); }
  close() { Channel.all = Channel.all.filter((one) => one !== this); }
}

afterEach(() => { vi.unstubAllGlobals(); Source.all = []; Channel.all = []; });

function Screen({ asked }: { asked: () => Promise<string> }) {
  useHappenings();
  return <p>{useQuery({ queryKey: ['approvals'], queryFn: asked, staleTime: Infinity }).data}</p>;
}

it('asks anew for what an event changed, in every tab, over one connection', async () => {
  vi.stubGlobal('EventSource', Source);
  vi.stubGlobal('BroadcastChannel', Channel);
  // The lock goes to one tab, the others wait for it.
  let taken = false;
  vi.stubGlobal('navigator', { ...navigator, locks: { request: async (_: string, __: unknown, listen: () => Promise<void>) => { if (taken) return new Promise(() => undefined); taken = true; return listen(); } } });
  const answers = [1, 2].map((tab) => { let times = 0; return vi.fn(async () => `tab ${tab}, ${++times}`); });
  const tabs = answers.map((asked) => render(<QueryClientProvider client={new QueryClient()}><Screen asked={asked} /></QueryClientProvider>));
  await screen.findByText('tab 1, 1');
  await screen.findByText('tab 2, 1');
  expect(Source.all.map((source) => source.url)).toEqual(['/api/analytics/v1/event-types/stream']);

  act(() => Source.all[0].say([]));
  act(() => Source.all[0].say(['PurchasesRecorded']));
  expect(answers[0]).toHaveBeenCalledTimes(1);
  act(() => Source.all[0].say(['ApprovalChanged', 'AlertsRaised']));
  await screen.findByText('tab 1, 2');
  await screen.findByText('tab 2, 2');

  tabs[0].unmount();
  expect(Source.all[0].close).toHaveBeenCalled();
});

it('names each part of a screen once', () => {
  expect(keysOf(['CaseChanged', 'CaseClockWarned', 'Nothing'])).toEqual([['late-cases'], ['case'], ['home', 'late']]);
});
