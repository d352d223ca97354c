import { type Dispatch, type SetStateAction, useLayoutEffect } from 'react';

/** Where keys belong once it has the focus. */
export const FIELD = 'palette-field';

const LEADS = ['ArrowDown', 'ArrowUp', 'Enter', 'Tab'];

/**
 * What is typed between the shortcut and the moment when the palette's field has the focus belongs into the field, not to the button that had it
 * before: a space would press that. Keys are taken from everybody else until then.
 */
export function useTypedAhead(opened: boolean, setText: Dispatch<SetStateAction<string>>, onEscape: () => void) {
  useLayoutEffect(() => {
    if (!opened) return;
    const take = (event: KeyboardEvent) => {
      if (document.activeElement?.id === FIELD || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (event.key === 'Escape') onEscape();
      else if (event.key === 'Backspace') setText((now) => now.slice(0, -1));
      else if (event.key.length === 1) setText((now) => now + event.key);
      else if (LEADS.includes(event.key)) document.getElementById(FIELD)?.focus(); // somebody clicked beside it
    };
    // A button is pressed when its space comes up.
    const swallow = (event: KeyboardEvent) => {
      if (document.activeElement?.id !== FIELD && event.key === ' ') event.preventDefault();
    };
    window.addEventListener('keydown', take, true);
    window.addEventListener('keyup', swallow, true);
    return () => {
      window.removeEventListener('keydown', take, true);
      window.removeEventListener('keyup', swallow, true);
    };
  }, [opened, setText, onEscape]);
}
