import { Badge, Button, Card, Group, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { customerApi, take } from '../api/client';
import { MomentField } from '../kit/DateField';
import { actor, moment, NONE } from '../kit/format';
import { Loaded } from '../kit/States';
import { differences } from './history';
import { useCustomerTexts } from './texts';

/** The record as it was at an instant, beside what it is now; and where today's values come from. */
export function AsOf({ id }: { id: string }) {
  const t = useCustomerTexts();
  const [text, setText] = useState(() => new Date().toISOString());
  const at = text || null;
  const ask = (instant: string) => take(customerApi.GET('/api/customer/v1/customers/{id}/as-of', { params: { path: { id }, query: { at: instant } } }));
  const then = useQuery({ queryKey: ['customer', id, 'as-of', at], enabled: at !== null, retry: false, queryFn: () => ask(at!) });
  const now = useQuery({ queryKey: ['customer', id, 'as-of', 'now'], queryFn: () => ask(new Date(Date.now() + 60_000).toISOString()) });
  const sources = useQuery({ queryKey: ['customer', id, 'field-sources'], queryFn: () => take(customerApi.GET('/api/customer/v1/customers/{id}/field-sources', { params: { path: { id } } })) });
  const back = (days: number) => setText(new Date(Date.now() - days * 86_400_000).toISOString());
  return (
    <Stack>
      <Group align="flex-end" gap="xs">
        <MomentField label={t('asItWas')} value={text} onChange={setText} />
        {([1, 7, 30, 365] as const).map((days) => <Button key={days} variant="default" size="xs" onClick={() => back(days)}>{t('daysBack', { count: days })}</Button>)}
      </Group>
      <Loaded query={then}>
        {(record) => {
          const rows = differences(record.record as Record<string, unknown>, (now.data?.record ?? record.record) as Record<string, unknown>);
          const changed = rows.filter((row) => row.changed).length;
          return (
            <Card withBorder padding={0}>
              <Group p="sm" gap="xs"><Text fw={600} size="sm">{t('versionAt', { version: record.version, at: moment(record.at) })}</Text><Badge variant="light" tt="none" color={changed ? 'orange' : 'teal'}>{t('fieldsChanged', { count: changed })}</Badge></Group>
              <Table.ScrollContainer minWidth={520}>
                <Table fz="sm">
                  <Table.Thead><Table.Tr><Table.Th>{t('field')}</Table.Th><Table.Th>{t('then')}</Table.Th><Table.Th>{t('now')}</Table.Th></Table.Tr></Table.Thead>
                  <Table.Tbody>{rows.map((row) => <Table.Tr key={row.field} style={row.changed ? { background: 'var(--crm-hover)' } : undefined}><Table.Th fw={500}>{t('as_' + row.field) === 'as_' + row.field ? row.field : t('as_' + row.field)}</Table.Th><Table.Td dir="auto" style={{ overflowWrap: 'anywhere' }} fw={row.changed ? 600 : undefined}>{row.then || NONE}</Table.Td><Table.Td dir="auto" c={row.changed ? undefined : 'dimmed'} style={{ overflowWrap: 'anywhere' }}>{row.now || NONE}</Table.Td></Table.Tr>)}</Table.Tbody>
                </Table>
              </Table.ScrollContainer>
              {record.serviceTier !== null && <Group p="sm" gap={6}><Text size="sm" c="dimmed">{t('serviceTierThen')}:</Text><Badge variant="light" tt="none">{t('tellTier', { tier: record.serviceTier })}</Badge></Group>}
              {record.consents.length > 0 && <Group p="sm" gap={6}><Text size="sm" c="dimmed">{t('consents')}:</Text>{record.consents.map((one) => <Badge key={one.channel + one.purpose} variant="light" tt="none" color={one.granted ? 'teal' : 'red'}>{t('channel_' + one.channel)} · {t('purpose_' + one.purpose)}</Badge>)}</Group>}
            </Card>
          );
        }}
      </Loaded>
      <Card withBorder padding={0}>
        <Text fw={600} size="sm" p="sm">{t('whereFrom')}</Text>
        <Loaded query={sources}>{(items) => (
          <Table.ScrollContainer minWidth={520}><Table fz="sm"><Table.Thead><Table.Tr><Table.Th>{t('field')}</Table.Th><Table.Th>{t('origin')}</Table.Th><Table.Th>{t('by')}</Table.Th><Table.Th>{t('since')}</Table.Th><Table.Th>{t('trust')}</Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>{items.map((one) => <Table.Tr key={one.field}><Table.Td>{one.field}</Table.Td><Table.Td>{one.source}</Table.Td><Table.Td>{actor(one.by)}</Table.Td><Table.Td>{moment(one.at)}</Table.Td><Table.Td><Badge size="sm" tt="none" variant="light" color={{ verified: 'teal', bounced: 'red' }[one.quality] ?? 'gray'}>{t('trust_' + one.quality)}</Badge></Table.Td></Table.Tr>)}</Table.Tbody></Table></Table.ScrollContainer>
        )}</Loaded>
      </Card>
    </Stack>
  );
}
