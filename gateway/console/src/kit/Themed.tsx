import { MantineProvider, mergeThemeOverrides } from '@mantine/core';
import { type ReactNode, useMemo } from 'react';
import { useLanguage } from './i18n';
import { theme } from './theme';
import { useKitTexts } from './texts';

const numbers = { id: { thousandSeparator: '.', decimalSeparator: ',' }, en: { thousandSeparator: ',', decimalSeparator: '.' } };

/** The theme with the words that dialogs and notifications need of themselves, and numbers typed as they are written: `1.250,5` in Indonesian. */
export function Themed({ children, env }: { children: ReactNode; env?: 'test' }) {
  const close = useKitTexts()('close');
  const language = useLanguage();
  const named = useMemo(() => {
    const dialog = { defaultProps: { closeButtonProps: { 'aria-label': close } } };
    return mergeThemeOverrides(theme, { components: { Modal: dialog, Drawer: dialog, Notification: dialog, NumberInput: { defaultProps: numbers[language] } } });
  }, [close, language]);
  return <MantineProvider env={env} theme={named} defaultColorScheme="auto">{children}</MantineProvider>;
}
