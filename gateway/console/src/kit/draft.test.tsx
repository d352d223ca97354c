import { act, renderHook } from '@testing-library/react';
import { beforeEach, expect, it } from 'vitest';
import { useDraft } from './draft';

beforeEach(() => sessionStorage.clear());

it('keeps what was typed when the form is opened again, until it is saved', () => {
  const first = renderHook(() => useDraft('request', { text: '', kind: 'access' }));
  act(() => first.result.current[1]({ text: 'half a sen' }));
  first.unmount();
  const again = renderHook(() => useDraft('request', { text: '', kind: 'access' }));
  expect(again.result.current[0]).toEqual({ text: 'half a sen', kind: 'access' });
  act(() => again.result.current[2]());
  expect(again.result.current[0].text).toBe('');
  expect(renderHook(() => useDraft('request', { text: '', kind: 'access' })).result.current[0].text).toBe('');
});

it('lets what the page knows win over a draft', () => {
  sessionStorage.setItem('draft.request', '{"kind":"erasure","text":"x"}');
  expect(renderHook(() => useDraft('request', { text: '', kind: 'access' }, { kind: 'correction' })).result.current[0]).toEqual({ text: 'x', kind: 'correction' });
});
