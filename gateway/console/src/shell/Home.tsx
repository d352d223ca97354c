import { Anchor, Badge, Button, Group, Progress, SimpleGrid, Stack, Text } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from 'react-router';
import { analyticsApi, campaignApi, serviceApi, take } from '../api/client';
import { CustomerName } from '../kit/CustomerName';
import { ago, day, money, percent } from '../kit/format';
import { Panel } from '../kit/Record';
import { Loaded, PageTitle } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { usePage } from './page';
import { ANALYSTS, MARKETING, SERVICE, useMay, useSession } from './session';
import { useShellTexts } from './texts';

/** What the person's roles are there for, first. */
export function Home() {
  const t = useShellTexts();
  const navigate = useNavigate();
  const { name } = useSession();
  const [marketing, service, analyst] = [useMay(...MARKETING), useMay(...SERVICE), useMay(...ANALYSTS)];
  usePage([{ label: t('home') }]);
  return (
    <>
      <PageTitle title={t('hello', { name: name.split(' ')[0] })} hint={t('today', { day: day(new Date()) })}>
        <Button variant="default" leftSection={<IconSearch size={16} />} onClick={() => void navigate('/customers')}>{t('findCustomer')}</Button>
      </PageTitle>
      <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }} spacing="md">
        {service && <OpenCases />}
        {marketing && <RunningCampaigns />}
        <BestCustomers />
        {marketing && <MyTasks />}
        {analyst && <Scoring />}
      </SimpleGrid>
    </>
  );
}

const All = ({ to }: { to: string }) => {
  const t = useKitTexts();
  return <Anchor component={Link} to={to} size="xs">{t('seeAll')}</Anchor>;
};

function BestCustomers() {
  const t = useShellTexts();
  const query = useQuery({ queryKey: ['home', 'best'], queryFn: () => take(analyticsApi.GET('/api/analytics/v1/customer-values', { params: { query: { sort: 'clv', order: 'desc', limit: 6 } } })) });
  return (
    <Panel title={t('bestCustomers')} action={<All to="/analytics" />}>
      <Text size="xs" c="dimmed" mb="xs">{t('bestHint')}</Text>
      <Loaded query={query}>
        {(page) => page.items.length === 0 ? <Text size="sm" c="dimmed">{t('noScoring')}</Text> : (
          <Stack gap={6}>
            {page.items.map((one) => (
              <Group key={one.customerId} justify="space-between" wrap="nowrap" gap="xs">
                <CustomerName id={one.customerId} />
                <Group gap="xs" wrap="nowrap"><Badge size="sm" variant="light" color={one.probabilityAlive < 0.5 ? 'orange' : 'teal'}>{percent(one.probabilityAlive)}</Badge><Text size="sm" fw={600}>{money(one.clv, one.currency)}</Text></Group>
              </Group>
            ))}
          </Stack>
        )}
      </Loaded>
    </Panel>
  );
}

function OpenCases() {
  const t = useShellTexts();
  const query = useQuery({ queryKey: ['home', 'cases'], queryFn: () => take(serviceApi.GET('/api/service/v1/cases', { params: { query: { status: 'new', limit: 6 } } })) });
  return (
    <Panel title={t('openCases')} action={<All to="/cases?status=new" />}>
      <Loaded query={query}>
        {(page) => page.items.length === 0 ? <Text size="sm" c="dimmed">{t('noOpenCases')}</Text> : (
          <Stack gap={6}>
            {page.items.map((one) => (
              <Group key={one.id} justify="space-between" wrap="nowrap" gap="xs">
                <Anchor component={Link} to={`/cases/${one.id}`} size="sm" truncate>{one.subject}</Anchor><Text size="xs" c="dimmed" style={{ whiteSpace: 'nowrap' }}>{ago(one.openedAt)}</Text>
              </Group>
            ))}
          </Stack>
        )}
      </Loaded>
    </Panel>
  );
}

function RunningCampaigns() {
  const t = useShellTexts();
  const query = useQuery({
    queryKey: ['home', 'running'], refetchInterval: 5000,
    queryFn: async () => {
      const page = await take(campaignApi.GET('/api/campaign/v1/campaigns', { params: { query: { state: ['sending'], limit: 4 } } }));
      return Promise.all(page.items.map(async (one) => ({ ...one, statistics: await take(campaignApi.GET('/api/campaign/v1/campaigns/{id}/statistics', { params: { path: { id: one.id } } })) })));
    },
  });
  return (
    <Panel title={t('runningCampaigns')} action={<All to="/campaigns" />}>
      <Loaded query={query}>
        {(items) => items.length === 0 ? <Text size="sm" c="dimmed">{t('noRunningCampaigns')}</Text> : (
          <Stack gap="sm">
            {items.map((one) => {
              const share = one.statistics.recipients ? (one.statistics.recipients - one.statistics.planned - one.statistics.sending) / one.statistics.recipients : 0;
              return (
                <div key={one.id}>
                  <Group justify="space-between" wrap="nowrap" gap="xs"><Anchor component={Link} to={`/campaigns/${one.id}`} size="sm" truncate>{one.name}</Anchor><Text size="xs">{percent(share)}</Text></Group>
                  <Progress value={share * 100} size="sm" mt={4} aria-label={one.name} />
                </div>
              );
            })}
          </Stack>
        )}
      </Loaded>
    </Panel>
  );
}

function MyTasks() {
  const t = useShellTexts();
  const { subject } = useSession();
  const query = useQuery({ queryKey: ['home', 'tasks', subject], queryFn: () => take(campaignApi.GET('/api/campaign/v1/tasks', { params: { query: { assignee: subject, limit: 6 } } })) });
  return (
    <Panel title={t('myTasks')}>
      <Loaded query={query}>
        {(page) => page.items.length === 0 ? <Text size="sm" c="dimmed">{t('noTasks')}</Text> : (
          <Stack gap={6}>
            {page.items.map((one) => (
              <Group key={one.id} justify="space-between" wrap="nowrap" gap="xs">
                <Anchor component={Link} to={`/campaigns/${one.campaignId}`} size="sm" truncate>{one.title}</Anchor>
                {one.dueOn && <Badge size="sm" variant="light" color={one.overdue ? 'red' : 'gray'}>{day(one.dueOn)}</Badge>}
              </Group>
            ))}
          </Stack>
        )}
      </Loaded>
    </Panel>
  );
}

function Scoring() {
  const t = useShellTexts();
  const query = useQuery({ queryKey: ['home', 'scoring'], queryFn: () => take(analyticsApi.GET('/api/analytics/v1/scoring-runs', { params: { query: { limit: 1 } } })) });
  return (
    <Panel title={t('scoring')} action={<All to="/analytics" />}>
      <Loaded query={query}>
        {(page) => {
          const run = page.items[0];
          return !run ? <Text size="sm" c="dimmed">{t('noScoring')}</Text> : (
            <Stack gap={4}><Text size="sm" fw={600}>{run.result ? t('scored', { count: run.result.customers }) : run.status.state}</Text><Text size="xs" c="dimmed">{day(run.asOf)} · {run.currency}</Text></Stack>
          );
        }}
      </Loaded>
    </Panel>
  );
}
