import { useEffect, useRef } from 'react';

/** Whether keys belong to what the person is typing into. */
export const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName));

export type Binding = Record<string, (event: KeyboardEvent) => void>;

/** The name of a key press: `mod+k`, `c`, or `g c` for one key after another within a second. */
export function readKey(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>, pending: string | null) {
  if (event.altKey) return null;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.ctrlKey || event.metaKey) return 'mod+' + key;
  return pending ? `${pending} ${key}` : key;
}

/** Global keys. Single letters are left alone while somebody types; those with Ctrl or Cmd work everywhere. */
export function useShortcuts(bindings: Binding) {
  const latest = useRef(bindings);
  latest.current = bindings;
  useEffect(() => {
    let pending: string | null = null;
    let timer = 0;
    function onKeyDown(event: KeyboardEvent) {
      if (event.defaultPrevented) return;
      const name = readKey(event, pending);
      pending = null;
      clearTimeout(timer);
      if (!name) return;
      if (!name.startsWith('mod+') && (isTyping(event.target) || document.querySelector('[role=dialog]'))) return;
      if (name === 'g') {
        pending = 'g';
        timer = window.setTimeout(() => (pending = null), 1000);
        return;
      }
      const action = latest.current[name];
      if (!action) return;
      event.preventDefault();
      action(event);
    }
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, []);
}
