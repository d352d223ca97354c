import { useQuery } from '@tanstack/react-query';
import { campaignApi, customerApi, serviceApi, take } from '../api/client';
import { number } from '../kit/format';
import { deadOf, useOperations } from '../ops/operations';
import { MARKETING, OPS, PRIVACY, SERVICE, useMay } from './session';
import { useShellTexts } from './texts';

interface Notice { id: string; text: string; to: string }

/** Events tell at once what changed; this finds what nobody tells, a day that is over for instance. */
const ASKED_ANYWAY = 60_000;

/** The law's 72 hours are over in so many. */
const SOON = 12 * 3_600_000;

/** What waits for the person, by what they may do. */
export function useNotifications(): Notice[] {
  const t = useShellTexts();
  const [marketing, approver, service, privacy, ops] = [useMay(...MARKETING), useMay('marketing-approver'), useMay(...SERVICE), useMay(...PRIVACY), useMay(...OPS)];
  const often = { refetchInterval: ASKED_ANYWAY, retry: false } as const;
  const approvals = useQuery({ queryKey: ['approvals'], enabled: approver, ...often, queryFn: () => take(campaignApi.GET('/api/campaign/v1/approvals', { params: { query: { limit: 20 } } })) });
  const ofJourneys = useQuery({ queryKey: ['approvals', 'journeys'], enabled: approver, ...often, queryFn: () => take(campaignApi.GET('/api/campaign/v1/journey-approvals', { params: { query: { limit: 20 } } })) });
  const tasks = useQuery({ queryKey: ['tasks', 'overdue'], enabled: marketing, ...often, queryFn: () => take(campaignApi.GET('/api/campaign/v1/tasks', { params: { query: { overdue: true, limit: 20 } } })) });
  const cases = useQuery({ queryKey: ['late-cases'], enabled: service, ...often, queryFn: () => take(serviceApi.GET('/api/service/v1/cases', { params: { query: { Breached: true, limit: 10 } } })) });
  const requests = useQuery({ queryKey: ['due-privacy-requests'], enabled: privacy, ...often, queryFn: () => take(customerApi.GET('/api/customer/v1/privacy-requests', { params: { query: { limit: 20 } } })) });
  const operations = useOperations(ops, ASKED_ANYWAY);
  return [
    ...(approvals.data?.items ?? []).filter((one) => one.state === 'requested').map((one) => ({ id: one.id, text: t('approvalWaits', { name: one.campaignName }), to: `/campaigns/${one.campaignId}` })),
    ...(ofJourneys.data?.items ?? []).filter((one) => one.state === 'requested').map((one) => ({ id: one.id, text: t('approvalWaits', { name: one.journeyName }), to: `/journeys/${one.journeyId}` })),
    ...(tasks.data?.items ?? []).map((one) => ({ id: one.id, text: t('taskOverdue', { name: one.title }), to: `/campaigns/${one.campaignId}` })),
    ...(cases.data?.items ?? []).map((one) => ({ id: one.id, text: t('caseLate', { number: one.number, subject: one.subject }), to: `/cases/${one.id}` })),
    ...(requests.data?.items ?? []).filter((one) => Date.parse(one.dueAt) - Date.now() < SOON).map((one) => ({ id: one.id, text: t(Date.parse(one.dueAt) < Date.now() ? 'privacyLate' : 'privacySoon', { name: one.customerId.slice(-6) }), to: `/privacy/${one.id}` })),
    ...(operations.data?.services ?? []).filter((one) => deadOf(one) > 0).map((one) => ({ id: 'dead-' + one.service, text: t('deadLettersWait', { service: one.service, count: number(deadOf(one)) }), to: '/ops?tab=dead-letters' })),
  ];
}
