import { Kbd, Modal, Table } from '@mantine/core';
import type { Room } from './rooms';
import { useShellTexts } from './texts';

const SHORTCUTS = [
  ['mod+K', 'keySearch'], ['/', 'keyFocusSearch'], ['C', 'keyCreate'], ['E', 'keyEdit'], ['mod+Enter', 'keySave'], ['J K', 'keyRows'], ['Enter', 'keyOpen'], ['Esc', 'keyClose'], ['?', 'keyHelp'],
] as const;

/** All keys that do something everywhere. */
export function Help({ opened, onClose, rooms }: { opened: boolean; onClose: () => void; rooms: Room[] }) {
  const t = useShellTexts();
  return (
    <Modal opened={opened} onClose={onClose} title={t('shortcuts')} size="md">
      <Table fz="sm" withRowBorders={false}>
        <Table.Tbody>
          {SHORTCUTS.map(([keys, label]) => <Table.Tr key={keys}><Table.Td>{t(label)}</Table.Td><Table.Td ta="right">{keys.replace('mod+', 'Ctrl+').split(' ').map((key) => <Kbd key={key} ml={4}>{key}</Kbd>)}</Table.Td></Table.Tr>)}
          {rooms.map((room) => <Table.Tr key={room.path}><Table.Td>{t('goTo', { place: t(room.label) })}</Table.Td><Table.Td ta="right"><Kbd>G</Kbd> {t('then')} <Kbd>{room.key.toUpperCase()}</Kbd></Table.Td></Table.Tr>)}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}
