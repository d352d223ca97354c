import { Anchor, Badge, Group, SimpleGrid, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { campaignApi, take } from '../api/client';
import { ago, moment, number } from '../kit/format';
import { Panel } from '../kit/Record';
import { Loaded } from '../kit/States';
import { useOpsTexts } from './texts';

const COLORS: Record<string, string> = { working: 'teal', late: 'orange', lost: 'red' };

/** Campaigns that are being sent, the processes that send them, and mail that nobody understood. */
export function Sending() {
  const t = useOpsTexts();
  const running = useQuery({
    queryKey: ['ops', 'sending'], refetchInterval: 3000,
    queryFn: async () => {
      const page = await take(campaignApi.GET('/api/campaign/v1/campaigns', { params: { query: { state: ['sending'], limit: 20 } } }));
      return Promise.all(page.items.map(async (one) => ({ ...one, numbers: await take(campaignApi.GET('/api/campaign/v1/campaigns/{id}/statistics', { params: { path: { id: one.id } } })) })));
    },
  });
  const senders = useQuery({ queryKey: ['ops', 'senders'], refetchInterval: 3000, queryFn: () => take(campaignApi.GET('/api/campaign/v1/senders', { params: { query: { limit: 20 } } })) });
  const quarantine = useQuery({ queryKey: ['quarantine'], retry: false, queryFn: () => take(campaignApi.GET('/api/campaign/v1/inbound-quarantine', { params: { query: { limit: 50 } } })) });
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <Panel title={t('sending')}><Loaded query={running}>{(items) => items.length === 0 ? <Text size="sm" c="dimmed">{t('noSending')}</Text> : <>{items.map((one) => <Group key={one.id} justify="space-between"><Anchor component={Link} to={`/campaigns/${one.id}`} size="sm">{one.name}</Anchor><Group gap="xs"><Badge variant="light">{t('backlog', { count: number(one.numbers.planned + one.numbers.sending) })}</Badge>{one.numbers.unknown > 0 && <Badge color="orange" variant="light">{t('unknown')} {number(one.numbers.unknown)}</Badge>}</Group></Group>)}</>}</Loaded></Panel>
      <Panel title={t('senders')}>
        <Loaded query={senders}>
          {(page) => page.items.length === 0 ? <Text size="sm" c="dimmed">{t('noSenders')}</Text> : (
            <Table fz="sm" aria-label={t('senders')}>
              <Table.Thead><Table.Tr><Table.Th>{t('sender')}</Table.Th><Table.Th>{t('state')}</Table.Th><Table.Th ta="right">{t('inHand')}</Table.Th></Table.Tr></Table.Thead>
              <Table.Tbody>
                {page.items.map((one) => (
                  <Table.Tr key={one.worker}>
                    <Table.Td>{one.host}<Text size="xs" c="dimmed">{one.worker.slice(-8)}</Text></Table.Td>
                    <Table.Td><Badge variant="light" color={COLORS[one.state] ?? 'gray'}>{t(`sender_${one.state as 'working'}`)}</Badge>{one.lostAt && <Text size="xs" c="dimmed" title={moment(one.lostAt)}>{ago(one.lostAt)}</Text>}</Table.Td>
                    <Table.Td ta="right">{one.state === 'lost' ? (one.unknown > 0 ? t('unknownCount', { count: number(one.unknown) }) : '–') : number(one.sending)}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          )}
        </Loaded>
      </Panel>
      <Panel title={t('quarantine')}><Loaded query={quarantine}>{(page) => page.items.length === 0 ? <Text size="sm" c="dimmed">{t('noQuarantine')}</Text> : <Table fz="sm"><Table.Tbody>{page.items.map((one) => <Table.Tr key={one.id}><Table.Td>{moment(one.receivedAt)}</Table.Td><Table.Td>{one.kind}</Table.Td><Table.Td>{one.reason}</Table.Td></Table.Tr>)}</Table.Tbody></Table>}</Loaded></Panel>
    </SimpleGrid>
  );
}
