import { Anchor, Badge, Button, Card, Group, Progress, SimpleGrid, Skeleton, Stack, Text } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from 'react-router';
import { analyticsApi, campaignApi, customerApi, serviceApi, take } from '../api/client';
import { CustomerName } from '../kit/CustomerName';
import { ago, day, money, moment, number, percent } from '../kit/format';
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
      <Figures service={service} />
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

const CAP = 50;

/** What the day begins with, each figure leading to its rows. */
function Figures({ service }: { service: boolean }) {
  const t = useShellTexts();
  const customers = useQuery({ queryKey: ['home', 'customers'], retry: false, queryFn: () => take(customerApi.GET('/api/customer/v1/customers/count')) });
  const board = useQuery({ queryKey: ['home', 'board'], retry: false, queryFn: () => take(analyticsApi.GET('/api/analytics/v1/executive-dashboard')) });
  const late = useQuery({ queryKey: ['home', 'late'], enabled: service, retry: false, queryFn: () => take(serviceApi.GET('/api/service/v1/cases', { params: { query: { Breached: true, limit: CAP } } })) });
  const lateCount = late.data && number(late.data.items.length) + (late.data.nextCursor ? '+' : '');
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing="md" mb="md">
      <Figure label={t('customers')} to="/customers" pending={customers.isPending} value={customers.data && number(customers.data.count) + (customers.data.isExact ? '' : '+')} />
      {service && <Figure label={t('lateCases')} to="/cases?breached=true" pending={late.isPending} value={lateCount} alarming={!!late.data?.items.length} hint={late.data && t(late.data.items.length ? 'lateHint' : 'noneLate')} />}
      <Figure label={t('openAlerts')} to="/alerts" pending={board.isPending} value={board.data && number(board.data.openAlerts)} hint={board.data && t('atStake', { amount: money(board.data.moneyAtStake, 'IDR') })} />
      <Figure label={t('openIssues')} to="/product-issues" pending={board.isPending} value={board.data && number(board.data.openProductIssues)} alarming={!!board.data?.openProductIssues} />
    </SimpleGrid>
  );
}

/** A figure that somebody may not see, or that did not come, is left out: the home page is no place for refusals. */
function Figure({ label, to, pending, value, hint, alarming }: { label: string; to: string; pending: boolean; value: string | undefined; hint?: string; alarming?: boolean }) {
  if (!pending && value === undefined) return null;
  return (
    <Card component={Link} to={to} withBorder radius="md" padding="sm" className="crm-figure" aria-label={value && `${label}: ${value}`}>
      <Text size="xs" c="dimmed" fw={600}>{label}</Text>
      {value === undefined ? <Skeleton height={26} width={80} my={4} /> : <Text fz={24} fw={650} lh={1.3} c={alarming ? 'red.8' : undefined} style={{ fontVariantNumeric: 'tabular-nums' }}>{value}</Text>}
      <Text size="xs" c="dimmed" mih={18}>{hint}</Text>
    </Card>
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
  const query = useQuery({ queryKey: ['home', 'cases'], queryFn: () => take(serviceApi.GET('/api/service/v1/cases', { params: { query: { Status: 'new', Sort: 'due', limit: 6 } } })) });
  return (
    <Panel title={t('openCases')} action={<All to="/cases?status=new" />}>
      <Loaded query={query}>
        {(page) => page.items.length === 0 ? <Text size="sm" c="dimmed">{t('noOpenCases')}</Text> : (
          <Stack gap={6}>
            {page.items.map((one) => (
              <Group key={one.id} justify="space-between" wrap="nowrap" gap="xs">
                <Anchor component={Link} to={`/cases/${one.id}`} size="sm" truncate>{one.subject}</Anchor>{one.isBreached ? <Badge size="sm" color="red" variant="light">{t('late')}</Badge> : <Text size="xs" c="dimmed" style={{ whiteSpace: 'nowrap' }} title={moment(one.nextDueAt ?? one.openedAt)}>{one.nextDueAt ? t('due', { when: ago(one.nextDueAt) }) : ago(one.openedAt)}</Text>}
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
        {(items) => items.length === 0 ? <Stack gap="xs" align="flex-start"><Text size="sm" c="dimmed">{t('noRunningCampaigns')}</Text><Button size="compact-sm" variant="light" component={Link} to="/campaigns/new">{t('newCampaign')}</Button></Stack> : (
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
            <Stack gap={4}><Text size="sm" fw={600}>{run.result ? t('scored', { count: run.result.customers, number: number(run.result.customers) }) : run.status.state}</Text><Text size="xs" c="dimmed">{day(run.asOf)} · {run.currency}</Text></Stack>
          );
        }}
      </Loaded>
    </Panel>
  );
}
