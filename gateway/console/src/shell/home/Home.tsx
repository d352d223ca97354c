import { Button, Card, SimpleGrid, Skeleton, Text } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from 'react-router';
import { analyticsApi, customerApi, serviceApi, take } from '../../api/client';
import { day, money, number } from '../../kit/format';
import { PageTitle } from '../../kit/States';
import { usePage } from '../page';
import { ANALYSTS, MARKETING, OPS, SALES, SERVICE, useMay, useSession } from '../session';
import { useShellTexts } from '../texts';
import { ComingUp, MyTasks, RunningCampaigns, RunningJourneys } from './Marketing';
import { Health, Scoring } from './Ops';
import { Alerts, BestCustomers } from './Sales';
import { OpenCases } from './Service';

/** The home of each role: calls for Sales, cases for Service, the calendar for Marketing, health for Ops; of several roles all of theirs. */
export function Home() {
  const t = useShellTexts();
  const navigate = useNavigate();
  const { name } = useSession();
  const [sales, service, marketing, ops, analyst] = [useMay(...SALES), useMay(...SERVICE), useMay(...MARKETING), useMay(...OPS), useMay(...ANALYSTS)];
  usePage([{ label: t('home') }]);
  return (
    <>
      <PageTitle title={t('hello', { name: name.split(' ')[0] })} hint={t('today', { day: day(new Date()) })}>
        <Button variant="default" leftSection={<IconSearch size={16} />} onClick={() => void navigate('/customers')}>{t('findCustomer')}</Button>
      </PageTitle>
      <Figures service={service} />
      <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }} spacing="md">
        {service && <OpenCases />}
        {sales && <Alerts />}
        {marketing && <><RunningCampaigns /><ComingUp /><RunningJourneys /><MyTasks /></>}
        {ops && <Health />}
        <BestCustomers />
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
