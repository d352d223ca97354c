import { ActionIcon, Button, Group, NativeSelect, Popover, SegmentedControl, Stack, Text, TextInput } from '@mantine/core';
import { IconFilter, IconPlus, IconTrash } from '@tabler/icons-react';
import { lazy, Suspense } from 'react';
import { type Condition, FIELDS, type Filter, needsValue, NO_FILTER, operatorsOf, STAGES } from './filter';
import { useCustomerTexts } from './texts';

// A list without such a condition does without the calendar.
const DateField = lazy(() => import('../kit/DateField').then((module) => ({ default: module.DateField })));

/** Conditions joined by and, or by or; they take effect as one types. */
export function FilterBuilder({ filter, onChange }: { filter: Filter; onChange: (filter: Filter) => void }) {
  const t = useCustomerTexts();
  const count = filter.conditions.length;
  const set = (at: number, changes: Partial<Condition>) => onChange({ ...filter, conditions: filter.conditions.map((one, index) => (index === at ? { ...one, ...changes } : one)) });
  return (
    <Popover width={620} position="bottom-start" shadow="md" trapFocus>
      <Popover.Target><Button variant={count ? 'light' : 'default'} leftSection={<IconFilter size={16} />}>{count ? t('filters', { count }) : t('filter')}</Button></Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs">
          <Group justify="space-between"><SegmentedControl size="xs" value={filter.join} onChange={(join) => onChange({ ...filter, join: join as 'all' })} data={[{ value: 'all', label: t('matchAll') }, { value: 'any', label: t('matchAny') }]} aria-label={t('join')} />{count > 0 && <Button size="compact-xs" variant="subtle" onClick={() => onChange(NO_FILTER)}>{t('clear')}</Button>}</Group>
          {count === 0 && <Text size="sm" c="dimmed">{t('noFilter')}</Text>}
          {filter.conditions.map((one, at) => {
            const type = FIELDS[one.field];
            return (
              <Group key={at} gap={6} wrap="nowrap" align="flex-start">
                <NativeSelect size="xs" w={160} aria-label={t('field')} value={one.field} onChange={(event) => set(at, { field: event.currentTarget.value, op: operatorsOf(event.currentTarget.value)[0], value: '' })} data={Object.keys(FIELDS).map((field) => ({ value: field, label: t('filter_' + field) }))} />
                <NativeSelect size="xs" w={140} aria-label={t('operator')} value={one.op} onChange={(event) => set(at, { op: event.currentTarget.value })} data={operatorsOf(one.field).map((op) => ({ value: op, label: t('op_' + op) }))} />
                {needsValue(one.op) ? one.field === 'lifecycleStage' && one.op !== 'contains' && one.op !== 'startsWith'
                  ? <NativeSelect size="xs" flex={1} aria-label={t('filterValue')} value={one.value} onChange={(event) => set(at, { value: event.currentTarget.value })} data={[{ value: '', label: '–' }, ...STAGES.map((stage) => ({ value: stage, label: t('stage_' + stage.toLowerCase()) }))]} />
                  : type === 'flag' ? <NativeSelect size="xs" flex={1} aria-label={t('filterValue')} value={one.value} onChange={(event) => set(at, { value: event.currentTarget.value })} data={[{ value: '', label: '–' }, { value: 'true', label: t('yes') }, { value: 'false', label: t('no') }]} />
                  : type === 'date' || type === 'instant' ? <Suspense fallback={<span style={{ flex: 1 }} />}><DateField size="xs" flex={1} aria-label={t('filterValue')} value={one.value} onChange={(value) => set(at, { value })} /></Suspense>
                  : <TextInput size="xs" flex={1} aria-label={t('filterValue')} maxLength={300} dir="auto" value={one.value} onChange={(event) => set(at, { value: event.currentTarget.value })} /> : <span style={{ flex: 1 }} />}
                <ActionIcon variant="subtle" color="gray" aria-label={t('removeCondition')} onClick={() => onChange({ ...filter, conditions: filter.conditions.filter((_, index) => index !== at) })}><IconTrash size={15} /></ActionIcon>
              </Group>
            );
          })}
          {count < 20 && <Group><Button size="compact-sm" variant="default" leftSection={<IconPlus size={14} />} onClick={() => onChange({ ...filter, conditions: [...filter.conditions, { field: 'city', op: 'eq', value: '' }] })}>{t('addCondition')}</Button></Group>}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
