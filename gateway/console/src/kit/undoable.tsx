import { Button, Group } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useCallback, useEffect, useRef } from 'react';
import { useKitTexts } from './texts';

const DELAY = 6000;
interface Effect { commit: () => Promise<unknown>; undo: () => void }

/** For what the API cannot take back: shown as done at once, sent after some seconds in which one can still undo it, or when the page is left. */
export function useUndoable() {
  const t = useKitTexts();
  const waiting = useRef(new Map<string, Effect>());
  const settle = useCallback((id: string) => {
    const effect = waiting.current.get(id);
    if (!waiting.current.delete(id)) return;
    notifications.hide(id);
    effect!.commit().catch((error: Error) => { effect!.undo(); notifications.show({ message: error.message, color: 'red' }); });
  }, []);
  useEffect(() => {
    const all = waiting.current;
    const leave = () => [...all.keys()].forEach(settle);
    addEventListener('pagehide', leave);
    return () => { removeEventListener('pagehide', leave); leave(); };
  }, [settle]);
  return useCallback((message: string, effect: Effect) => {
    const id = crypto.randomUUID();
    waiting.current.set(id, effect);
    notifications.show({
      id, autoClose: DELAY, color: 'gray', onClose: () => settle(id),
      message: <Group justify="space-between" wrap="nowrap" gap="sm"><span dir="auto">{message}</span><Button size="compact-sm" variant="light" onClick={() => { waiting.current.delete(id); notifications.hide(id); effect.undo(); }}>{t('undo')}</Button></Group>,
    });
  }, [settle, t]);
}
