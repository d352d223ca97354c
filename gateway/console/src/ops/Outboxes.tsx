import { Badge, Stack, Table, Text } from '@mantine/core';
import { duration, number } from '../kit/format';
import { Panel } from '../kit/Record';
import { Loaded } from '../kit/States';
import { useOperations } from './operations';
import { useOpsTexts } from './texts';

/** Events that are committed and not published yet, by service, and why the broker refuses them. */
export function Outboxes() {
  const t = useOpsTexts();
  const query = useOperations();
  return (
    <Loaded query={query} rows={6}>
      {({ services }) => {
        const failing = services.flatMap(({ service, state }) => (state?.outbox.failing ?? []).map((one) => ({ service, ...one })));
        return (
          <Stack>
            <Table.ScrollContainer minWidth={480}>
              <Table fz="sm" aria-label={t('outboxes')}>
                <Table.Thead><Table.Tr><Table.Th>{t('service')}</Table.Th><Table.Th ta="right">{t('pending')}</Table.Th><Table.Th ta="right">{t('lag')}</Table.Th><Table.Th ta="right">{t('scheduled')}</Table.Th></Table.Tr></Table.Thead>
                <Table.Tbody>
                  {services.map(({ service, state }) => (
                    <Table.Tr key={service}>
                      <Table.Td>{service}</Table.Td>
                      {state ? <><Table.Td ta="right">{number(state.outbox.pending)}</Table.Td><Table.Td ta="right">{state.outbox.pending === 0 ? '–' : duration(state.outbox.lagSeconds)}</Table.Td><Table.Td ta="right">{number(state.outbox.scheduled)}</Table.Td></>
                        : <Table.Td colSpan={3}><Badge color="red" variant="light">{t('down')}</Badge></Table.Td>}
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
            <Panel title={t('refusedEvents')}>
              {failing.length === 0 ? <Text size="sm" c="dimmed">{t('noRefusedEvents')}</Text> : (
                <Table fz="sm"><Table.Tbody>{failing.map((one) => <Table.Tr key={one.service + one.type + one.error}><Table.Td>{one.service}</Table.Td><Table.Td>{one.type.split('.').at(-1)}</Table.Td><Table.Td ta="right">{number(one.events)}</Table.Td><Table.Td>{t('attempts', { count: number(one.attempts) })}</Table.Td><Table.Td>{one.error}</Table.Td></Table.Tr>)}</Table.Tbody></Table>
              )}
            </Panel>
          </Stack>
        );
      }}
    </Loaded>
  );
}
