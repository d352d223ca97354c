import { useState } from 'react';

/**
 * What is typed into a form, kept in this tab until it is saved or given up: a session may end, a network may go.
 * `over` is what the page already knows and a draft of before must not replace.
 */
export function useDraft<T extends object>(name: string, initial: T, over: Partial<T> = {}): [T, (changes: Partial<T>) => void, forget: () => void] {
  const key = 'draft.' + name;
  const [value, setValue] = useState<T>(() => ({ ...initial, ...(JSON.parse(sessionStorage.getItem(key) ?? '{}') as Partial<T>), ...over }));
  const change = (changes: Partial<T>) => setValue((now) => {
    const next = { ...now, ...changes };
    sessionStorage.setItem(key, JSON.stringify(next));
    return next;
  });
  return [value, change, () => { sessionStorage.removeItem(key); setValue(initial); }];
}
