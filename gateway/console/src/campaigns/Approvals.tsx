import { Badge, Button, Card, Group, Modal, Stack, Text, Textarea } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { campaignApi, once, take } from '../api/client';
import { actor, moment, number } from '../kit/format';
import { Loaded, Refusal } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { MARKETING, useMay, useSession } from '../shell/session';
import { useCampaignTexts } from './texts';

export interface Approval {
  id: string; state: string; people: number; comment: string | null; requestedBy: string; requestedAt: string;
  decidedBy: string | null; decidedAt: string | null; reason: string | null; changed: string[];
}
interface FourEyes {
  key: string[]; list: () => Promise<Approval[]>; ask: () => Promise<unknown>; approve: (approvalId: string) => Promise<unknown>; reject: (approvalId: string, reason: string) => Promise<unknown>;
}
const COLORS: Record<string, string> = { requested: 'yellow', approved: 'teal', rejected: 'red' };

export const ofCampaign = (id: string): FourEyes => ({
  key: ['campaign', id],
  list: async () => (await take(campaignApi.GET('/api/campaign/v1/campaigns/{id}/approvals', { params: { path: { id }, query: { limit: 50 } } }))).items.map((one) => ({ ...one, people: one.recipients })),
  ask: () => take(campaignApi.POST('/api/campaign/v1/campaigns/{id}/approvals', { params: { path: { id }, header: once() }, body: {} })),
  approve: (approvalId) => take(campaignApi.POST('/api/campaign/v1/campaigns/{id}/approvals/{approvalId}/approve', { params: { path: { id, approvalId }, header: once() }, body: {} })),
  reject: (approvalId, reason) => take(campaignApi.POST('/api/campaign/v1/campaigns/{id}/approvals/{approvalId}/reject', { params: { path: { id, approvalId }, header: once() }, body: { reason } })),
});

export const ofJourney = (id: string): FourEyes => ({
  key: ['journey', id],
  list: async () => (await take(campaignApi.GET('/api/campaign/v1/journeys/{id}/approvals', { params: { path: { id }, query: { limit: 50 } } }))).items.map((one) => ({ ...one, people: one.contacts })),
  ask: () => take(campaignApi.POST('/api/campaign/v1/journeys/{id}/approvals', { params: { path: { id }, header: once() }, body: {} })),
  approve: (approvalId) => take(campaignApi.POST('/api/campaign/v1/journeys/{id}/approvals/{approvalId}/approve', { params: { path: { id, approvalId }, header: once() }, body: {} })),
  reject: (approvalId, reason) => take(campaignApi.POST('/api/campaign/v1/journeys/{id}/approvals/{approvalId}/reject', { params: { path: { id, approvalId }, header: once() }, body: { reason } })),
});

/** Puts what is here now up for approval. */
export function AskForApproval({ of }: { of: FourEyes }) {
  const t = useCampaignTexts();
  const queries = useQueryClient();
  const ask = useMutation({
    mutationFn: of.ask,
    onSuccess: () => { notifications.show({ message: t('approvalAsked'), color: 'teal' }); void queries.invalidateQueries({ queryKey: of.key }); },
  });
  return <Group><Button size="xs" loading={ask.isPending} onClick={() => ask.mutate()}>{t('requestApproval')}</Button><Refusal error={ask.error} /></Group>;
}

/** Who asked, who decided and why, what was changed since; whoever may and did not ask decides here. */
export function Approvals({ of, mayAsk = true }: { of: FourEyes; mayAsk?: boolean }) {
  const t = useCampaignTexts();
  const kit = useKitTexts();
  const { subject } = useSession();
  const [approver, marketing] = [useMay('marketing-approver'), useMay(...MARKETING)];
  const queries = useQueryClient();
  const [rejecting, setRejecting] = useState<string | null>(null);
  const [reason, setReason] = useState('');
  const query = useQuery({ queryKey: [...of.key, 'approvals'], queryFn: of.list });
  const onSettled = () => void queries.invalidateQueries({ queryKey: of.key });
  const approve = useMutation({ mutationFn: of.approve, onSettled });
  const reject = useMutation({ mutationFn: (id: string) => of.reject(id, reason.trim()), onSettled, onSuccess: () => { setRejecting(null); setReason(''); } });
  return (
    <Stack>
      {mayAsk && marketing && <AskForApproval of={of} />}
      <Refusal error={approve.error} />
      <Loaded query={query}>
        {(all) => all.length === 0 ? <Text size="sm" c="dimmed">{t('noApprovals')}</Text> : <>{all.map((one) => (
          <Card key={one.id} withBorder padding="sm">
            <Group justify="space-between" align="flex-start">
              <Stack gap={2}>
                <Text size="sm" fw={600}>{t('approvalAskedBy', { name: actor(one.requestedBy), time: moment(one.requestedAt) })}</Text>
                <Text size="xs" c="dimmed">{t('approvalSize', { count: one.people, shown: number(one.people) })}</Text>
                {one.comment && <Text size="sm">{one.comment}</Text>}
                {one.decidedBy && <Text size="xs" c="dimmed">{t('approvalDecidedBy', { name: actor(one.decidedBy), time: moment(one.decidedAt) })}</Text>}
                {one.reason && <Text size="sm" dir="auto">{one.reason}</Text>}
                {one.changed.length > 0 && <Text size="xs" c="orange">{t('changedSince')}: {one.changed.join(', ')}</Text>}
              </Stack>
              <Group gap="xs">
                <Badge variant="light" color={COLORS[one.state] ?? 'gray'}>{t('approval_' + one.state)}</Badge>
                {approver && one.state === 'requested' && one.requestedBy !== subject && <>
                  <Button size="xs" loading={approve.isPending} onClick={() => approve.mutate(one.id)}>{t('approve')}</Button>
                  <Button size="xs" variant="default" onClick={() => setRejecting(one.id)}>{t('reject')}</Button>
                </>}
              </Group>
            </Group>
          </Card>
        ))}</>}
      </Loaded>
      <Modal opened={rejecting !== null} onClose={() => setRejecting(null)} title={t('reject')}>
        <Stack>
          <Refusal error={reject.error} />
          <Textarea data-autofocus autosize minRows={3} maxLength={2000} label={t('rejectReason')} withAsterisk value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
          <Group justify="flex-end"><Button variant="default" onClick={() => setRejecting(null)}>{kit('cancel')}</Button><Button color="red" disabled={!reason.trim()} loading={reject.isPending} onClick={() => reject.mutate(rejecting!)}>{t('reject')}</Button></Group>
        </Stack>
      </Modal>
    </Stack>
  );
}
