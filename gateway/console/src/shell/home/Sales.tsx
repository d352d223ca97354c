import { Anchor, Badge, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { analyticsApi, take } from '../../api/client';
import { CustomerName } from '../../kit/CustomerName';
import { money, percent } from '../../kit/format';
import { useLanguage } from '../../kit/i18n';
import { Panel } from '../../kit/Record';
import { Loaded } from '../../kit/States';
import { useShellTexts } from '../texts';
import { All } from './All';

/** What deserves a call today: the open alerts with the most money at stake, each with its reason. */
export function Alerts() {
  const t = useShellTexts();
  const language = useLanguage();
  const query = useQuery({ queryKey: ['home', 'alerts'], queryFn: () => take(analyticsApi.GET('/api/analytics/v1/alerts', { params: { query: { state: 'open', limit: 6 } } })) });
  return (
    <Panel title={t('alertDesk')} action={<All to="/alerts" />}>
      <Loaded query={query}>
        {(page) => page.items.length === 0 ? <Text size="sm" c="dimmed">{t('noAlerts')}</Text> : (
          <Stack gap={8}>
            {page.items.map((one) => (
              <div key={one.id}>
                <Group justify="space-between" wrap="nowrap" gap="xs">{one.subjectType === 'customer' ? <CustomerName id={one.subjectId} /> : <Anchor component={Link} to={`/alerts?kind=${one.kind}`} size="sm" truncate>{one.subjectId}</Anchor>}<Text size="sm" fw={600}>{money(one.moneyAtStake, one.currency)}</Text></Group>
                <Text size="xs" c="dimmed" lineClamp={1} title={one.reason[language]}>{one.reason[language]}</Text>
              </div>
            ))}
          </Stack>
        )}
      </Loaded>
    </Panel>
  );
}

export function BestCustomers() {
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
