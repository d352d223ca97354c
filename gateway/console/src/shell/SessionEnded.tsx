import { Button, Modal, Text } from '@mantine/core';
import { useShellTexts } from './texts';

/** The session is over: one signs in again in another tab, and goes on here. */
export function SessionEnded({ onClose }: { onClose: () => void }) {
  const t = useShellTexts();
  return (
    <Modal opened onClose={onClose} title={t('sessionEnded')} centered closeOnClickOutside={false}>
      <Text size="sm" mb="md">{t('sessionEndedHint')}</Text>
      <Button component="a" href="/signin?returnUrl=%2F" target="_blank" rel="noopener" data-autofocus>{t('signInAgain')}</Button>
    </Modal>
  );
}
