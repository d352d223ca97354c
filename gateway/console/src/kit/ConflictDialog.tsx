import { Button, Group, Modal, Radio, Stack, Table, Text } from '@mantine/core';
import { useState } from 'react';
import { conflicts, merge } from './conflict';
import { useKitTexts } from './texts';

interface Props<T extends object> { base: T; theirs: T; mine: T; label: (field: keyof T) => string; /** How a value is written; a list with commas unless said. */ show?: (value: unknown, field: keyof T) => string; onClose: () => void; onKeep: (merged: T) => void; pending: boolean }

/** Somebody saved first (412): both values side by side, a choice for each field that both changed; the rest merges by itself. */
export function ConflictDialog<T extends object>({ base, theirs, mine, label, show: write, onClose, onKeep, pending }: Props<T>) {
  const t = useKitTexts();
  const fields = conflicts(base, theirs, mine);
  const [choice, setChoice] = useState<Partial<Record<keyof T, 'mine' | 'theirs'>>>(() => Object.fromEntries(fields.map((field) => [field, 'mine'])) as never);
  const show = (value: unknown, field: keyof T) => (write ? write(value, field) : Array.isArray(value) ? value.join(', ') : String(value ?? '')) || '–';
  const changed = (Object.keys(mine) as (keyof T)[]).filter((field) => !fields.includes(field) && JSON.stringify(theirs[field]) !== JSON.stringify(base[field]));
  return (
    <Modal opened onClose={onClose} title={t('conflictTitle')} size="lg">
      <Stack>
        <Text size="sm">{t('conflictHint')}</Text>
        <Table fz="sm">
          <Table.Thead><Table.Tr><Table.Th>{t('field')}</Table.Th><Table.Th>{t('theirs')}</Table.Th><Table.Th>{t('mine')}</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>
            {fields.map((field) => (
              <Table.Tr key={String(field)}>
                <Table.Th>{label(field)}</Table.Th>
                {(['theirs', 'mine'] as const).map((side) => (
                  <Table.Td key={side}><Radio name={String(field)} checked={choice[field] === side} onChange={() => setChoice({ ...choice, [field]: side })} label={<span dir="auto" style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>{show(side === 'mine' ? mine[field] : theirs[field], field)}</span>} /></Table.Td>
                ))}
              </Table.Tr>
            ))}
            {changed.map((field) => <Table.Tr key={String(field)}><Table.Th>{label(field)}</Table.Th><Table.Td style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>{show(theirs[field], field)}</Table.Td><Table.Td c="dimmed">–</Table.Td></Table.Tr>)}
          </Table.Tbody>
        </Table>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>{t('cancel')}</Button>
          <Button loading={pending} data-autofocus onClick={() => onKeep(merge(base, theirs, mine, choice))}>{t('keepChosen')}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
