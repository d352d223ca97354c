import { Alert, Anchor, Badge, Stack, Switch, Table, Text } from '@mantine/core';
import { useState } from 'react';
import { number } from '../kit/format';
import { Empty, Loaded } from '../kit/States';
import { isStuck, queuesOf, type Service, useOperations } from './operations';
import { useOpsTexts } from './texts';

/** Every queue of every service: what waits in it, who works on it, what was given up. */
export function Queues({ onDeadLetters }: { onDeadLetters: (service: Service) => void }) {
  const t = useOpsTexts();
  const [all, setAll] = useState(false);
  const query = useOperations();
  return (
    <Stack>
      <Switch checked={all} onChange={(event) => setAll(event.currentTarget.checked)} label={t('quietToo')} />
      <Loaded query={query} rows={6}>
        {({ services }) => {
          const silent = services.filter((one) => !one.state || one.state.queues === null);
          const rows = queuesOf(services);
          const shown = all ? rows : rows.filter((row) => row.ready > 0 || row.dead > 0 || (row.exists && row.consumers === 0));
          return (
            <>
              {silent.length > 0 && <Alert color="orange" variant="light" role="alert">{t('notTold', { services: silent.map((one) => one.service).join(', ') })}</Alert>}
              {shown.length === 0 ? <Empty title={t('allQuiet')} hint={t('allQuietHint', { count: number(rows.length) })} /> : (
                <Table.ScrollContainer minWidth={560}>
                  <Table fz="sm" highlightOnHover aria-label={t('queues')}>
                    <Table.Thead><Table.Tr><Table.Th>{t('queue')}</Table.Th><Table.Th>{t('service')}</Table.Th><Table.Th ta="right">{t('ready')}</Table.Th><Table.Th ta="right">{t('consumers')}</Table.Th><Table.Th ta="right">{t('deadLetters')}</Table.Th><Table.Th>{t('state')}</Table.Th></Table.Tr></Table.Thead>
                    <Table.Tbody>
                      {shown.map((row) => (
                        <Table.Tr key={row.service + row.name}>
                          <Table.Td>{row.name}</Table.Td><Table.Td>{row.service}</Table.Td><Table.Td ta="right">{number(row.ready)}</Table.Td><Table.Td ta="right">{number(row.consumers)}</Table.Td>
                          <Table.Td ta="right">{row.dead > 0 ? <Anchor component="button" type="button" size="sm" c="red" onClick={() => onDeadLetters(row.service)}>{number(row.dead)}</Anchor> : number(0)}</Table.Td>
                          <Table.Td>{isStuck(row) ? <Badge color="red" variant="light">{t('nobodyWorks')}</Badge> : !row.exists ? <Text size="xs" c="dimmed">{t('notThere')}</Text> : row.consumers === 0 ? <Text size="xs" c="dimmed">{t('noConsumer')}</Text> : <Badge color="teal" variant="light">{t('working')}</Badge>}</Table.Td>
                        </Table.Tr>
                      ))}
                    </Table.Tbody>
                  </Table>
                </Table.ScrollContainer>
              )}
            </>
          );
        }}
      </Loaded>
    </Stack>
  );
}
