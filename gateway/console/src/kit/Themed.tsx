import { MantineProvider, mergeThemeOverrides } from '@mantine/core';
import { type ReactNode, useMemo } from 'react';
import { theme } from './theme';
import { useKitTexts } from './texts';

/** The theme with the words that dialogs and notifications need of themselves. */
export function Themed({ children, env }: { children: ReactNode; env?: 'test' }) {
  const close = useKitTexts()('close');
  const named = useMemo(() => {
    const dialog = { defaultProps: { closeButtonProps: { 'aria-label': close } } };
    return mergeThemeOverrides(theme, { components: { Modal: dialog, Drawer: dialog, Notification: dialog } });
  }, [close]);
  return <MantineProvider env={env} theme={named} defaultColorScheme="auto">{children}</MantineProvider>;
}
