import { ActionIcon, Anchor, Badge, Button, Divider, Group, Modal, Popover, Progress, Stack, Switch, Tabs, Text, Textarea, Tooltip } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconInfoCircle, IconMail, IconPencil, IconPhone, IconShieldLock } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { analyticsApi, customer360Api, customerApi, loyaltyApi, once, seen, serviceApi, salesApi, take } from '../api/client';
import { Problem } from '../api/problems';
import { type FieldState, sayField, useLabels } from '../fields/definitions';
import { NextOffers } from '../insights/NextOffers';
import { ConflictDialog } from '../kit/ConflictDialog';
import { useCustomer } from '../kit/CustomerName';
import { ago, day, moment, money, NONE, number, percent, phone, zoneName } from '../kit/format';
import { Copyable, Fields, Panel, RecordPage } from '../kit/Record';
import { Failed, Lines, Loaded, Refusal } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { usePage } from '../shell/page';
import { CASE_OPENERS, CUSTOMER_EDITORS, LOYALTY, PRIVACY, useMay } from '../shell/session';
import { useShortcuts } from '../shell/shortcuts';
import { CustomerForm, forgetDraft } from './CustomerForm';
import { type Customer, type Details, detailsOf, fullRequestOf, stageColor } from './details';
import { AsOf } from './AsOf';
import { QualityCard, RecordPanels } from './RecordPanels';
import { CustomerTimeline } from './Timeline';
import { useCustomerTexts } from './texts';

export function CustomerRecord() {
  const { id = '' } = useParams();
  const t = useCustomerTexts();
  const kit = useKitTexts();
  const customer = useCustomer(id);
  const view = useQuery({ queryKey: ['customer360', id],
    // What did not answer in time is asked for again, a few times.
    refetchInterval: (asked) => (asked.state.data?.unavailable.length && asked.state.dataUpdateCount < 6 ? 2000 : false),
    queryFn: () => take(customer360Api.GET('/api/customer360/v1/customers/{id}', { params: { path: { id } } })) });
  const mayEdit = useMay(...CUSTOMER_EDITORS);
  const mayOpenCase = useMay(...CASE_OPENERS);
  const mayPrivacy = useMay(...PRIVACY);
  const [editing, setEditing] = useState(false);
  const ownLabel = useLabels('customer');
  usePage([{ label: t('title'), to: '/customers' }, { label: customer.data?.displayName ?? '…' }], 'customers');
  useShortcuts({ e: () => mayEdit && setEditing(true) });

  if (customer.error && !customer.data) return <Failed error={customer.error} onRetry={() => void customer.refetch()} />;
  const one = customer.data;
  if (!one) return <Lines rows={10} height={22} />;
  const value = view.data?.value;
  const missing = view.data?.unavailable ?? [];
  const spent = view.data?.purchases?.totals.map((total) => money(total.amount, total.currency)).join(' · ');

  return (
    <>
      <RecordPage type={`${t('type')} · ${one.number}`} title={one.displayName}
        badge={<Badge variant="light" color={stageColor(one.lifecycleStage)}>{t('stage_' + one.lifecycleStage.toLowerCase())}</Badge>}
        facts={[
          { label: t('clv'), value: value ? money(value.clv, value.currency) : NONE },
          { label: t('alive'), value: value ? percent(value.probabilityAlive) : NONE },
          { label: t('purchases'), value: view.data?.purchases ? `${number(view.data.purchases.count)}${spent ? ` · ${spent}` : ''}` : NONE },
          { label: t('points'), value: view.data?.loyalty ? number(view.data.loyalty.availablePoints) : NONE },
          { label: t('cases'), value: view.data?.cases ? number(view.data.cases.openCount) : NONE },
        ]}
        actions={
          <>
            {one.phone && <Tooltip label={one.phone}><ActionIcon component="a" href={`tel:${one.phone}`} variant="default" size="lg" aria-label={t('call', { name: one.displayName })}><IconPhone size={17} /></ActionIcon></Tooltip>}
            {one.email && <Tooltip label={one.email}><ActionIcon component="a" href={`mailto:${one.email}`} variant="default" size="lg" aria-label={t('mail', { name: one.displayName })}><IconMail size={17} /></ActionIcon></Tooltip>}
            {mayPrivacy && <Tooltip label={t('privacyRequest')}><ActionIcon component={Link} to={`/privacy?new&customerId=${id}`} variant="default" size="lg" aria-label={t('privacyRequest')}><IconShieldLock size={17} /></ActionIcon></Tooltip>}
            {mayEdit && <Button leftSection={<IconPencil size={16} />} onClick={() => setEditing(true)}>{kit('edit')}</Button>}
          </>
        }
        panel={
          <Panel title={t('details')}>
            <Fields fields={[
              { label: t('phone'), value: one.phone && <Copyable value={one.phone} short={phone(one.phone)} /> },
              { label: t('email'), value: one.email && <Copyable value={one.email} /> },
              { label: t('address'), value: [one.address.street, one.address.city, one.address.province, one.address.postalCode, one.address.country].filter(Boolean).join(', ') },
              { label: t('language'), value: one.language === 'id' ? 'Indonesia' : 'English' },
              { label: t('zone'), value: `${one.timeZone} (${zoneName(one.timeZone)})` },
              { label: t('birthDate'), value: day(one.birthDate) },
              { label: t('gender'), value: one.gender ? t(one.gender) : t('notSaid') },
              { label: t('tags'), value: one.tags.length ? <Group gap={4}>{one.tags.map((tag) => <Badge key={tag} size="sm" variant="light" color="gray">{tag}</Badge>)}</Group> : null },
              { label: t('origin'), value: one.source ? `${one.source} · ${one.sourceId}` : null },
              { label: t('registered'), value: moment(one.registeredAt) },
              { label: t('changed'), value: moment(one.changedAt) },
              ...one.preferences.map((preference) => ({ label: preference.name, value: preference.values.join(', ') })),
              ...one.customFields.map((field) => ({ label: ownLabel(field.name), value: sayField(field, { yes: kit('yes'), no: kit('no') }) })),
            ]} />
          </Panel>
        }
        side={
          <>
            <QualityCard id={id} mayEdit={mayEdit} />
            <Part title={t('value')} missing={missing.includes('value')} loading={view.isPending}>
              {value ? <ValueCard id={id} currency={value.currency} /> : <><Text size="sm">{t('notScored')}</Text><Text size="xs" c="dimmed">{t('notScoredHint')}</Text></>}
            </Part>
            <NextOffers id={id} />
            <Part title={t('purchases')} count={view.data?.purchases?.count} missing={missing.includes('purchases')} loading={view.isPending} action={<Anchor component={Link} to={`/purchases?customerId=${id}`} size="xs">{kit('seeAll')}</Anchor>}>
              {view.data?.purchases?.latest.slice(0, 4).map((purchase) => (
                <Line key={purchase.purchaseId} to={`/purchases/${purchase.purchaseId}`} left={day(purchase.purchasedAt)} note={`${t('lines', { count: purchase.lineCount })}${purchase.returned ? ` · ${t('returned')}` : ''}`} right={money(purchase.total?.amount, purchase.total?.currency)} />
              ))}
              {view.data?.purchases?.count === 0 && <Text size="sm" c="dimmed">{t('noPurchases')}</Text>}
            </Part>
            <Part title={t('cases')} count={view.data?.cases?.openCount} missing={missing.includes('cases')} loading={view.isPending}
              action={mayOpenCase && <Anchor component={Link} to={`/cases/new?customerId=${id}`} size="xs">{t('openCase')}</Anchor>}>
              {view.data?.cases?.cases.slice(0, 4).map((one) => <Line key={one.caseId} to={`/cases/${one.caseId}`} left={one.subject} note={`${one.number} · ${one.status}`} right={ago(one.openedAt)} />)}
              {view.data?.cases?.cases.length === 0 && <Text size="sm" c="dimmed">{t('noCases')}</Text>}
            </Part>
            <Part title={t('loyalty')} missing={missing.includes('loyalty')} loading={view.isPending}><LoyaltyCard id={id} member={view.data?.loyalty} /></Part>
            <Part title={t('messages')} count={view.data?.campaigns?.length} missing={missing.includes('campaigns')} loading={view.isPending}>
              {view.data?.campaigns?.slice(0, 4).map((one) => (
                <Line key={one.campaignId + one.sentAt} to={`/campaigns/${one.campaignId}`} left={one.campaignName} note={[t('channel_' + one.channel), one.firstClickedAt ? t('clicked') : one.firstOpenedAt ? t('opened') : one.state].join(' · ')} right={ago(one.sentAt)} />
              ))}
              {view.data?.campaigns?.length === 0 && <Text size="sm" c="dimmed">{t('noMessages')}</Text>}
            </Part>
          </>
        }>
        <Tabs defaultValue="activity" keepMounted={false}>
          <Tabs.List mb="md">
            <Tabs.Tab value="activity">{t('activity')}</Tabs.Tab>
            <Tabs.Tab value="consents">{t('consents')}</Tabs.Tab>
            <Tabs.Tab value="purchases">{t('purchases')}</Tabs.Tab>
            <Tabs.Tab value="cases">{t('cases')}</Tabs.Tab>
            <Tabs.Tab value="record">{t('record')}</Tabs.Tab>
            <Tabs.Tab value="history">{t('history')}</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="activity"><Stack>{mayEdit && <NoteComposer id={id} />}<CustomerTimeline id={id} /></Stack></Tabs.Panel>
          <Tabs.Panel value="consents"><Consents id={id} mayEdit={mayEdit} /></Tabs.Panel>
          <Tabs.Panel value="purchases"><Purchases id={id} /></Tabs.Panel>
          <Tabs.Panel value="cases"><Cases id={id} /></Tabs.Panel>
          <Tabs.Panel value="record"><RecordPanels id={id} mayEdit={mayEdit} /></Tabs.Panel>
          <Tabs.Panel value="history"><AsOf id={id} /></Tabs.Panel>
        </Tabs>
      </RecordPage>
      {editing && <EditCustomer customer={one} onClose={() => setEditing(false)} />}
    </>
  );
}

function Part({ title, count, missing, loading, action, children }: { title: string; count?: number; missing: boolean; loading: boolean; action?: React.ReactNode; children: React.ReactNode }) {
  const t = useCustomerTexts();
  return <Panel title={title} count={count} action={action}>{loading ? <Lines rows={2} /> : missing ? <Text size="sm" c="dimmed" role="status">{t('unavailable')}</Text> : children}</Panel>;
}

function Line({ to, left, note, right }: { to: string; left: string; note: string; right: string }) {
  return (
    <Group justify="space-between" wrap="nowrap" gap="xs" py={4}>
      <div style={{ minWidth: 0 }}><Anchor component={Link} to={to} size="sm" lineClamp={1} dir="auto">{left}</Anchor><Text size="xs" c="dimmed" truncate>{note}</Text></div>
      <Text size="sm" fw={550} style={{ whiteSpace: 'nowrap' }}>{right}</Text>
    </Group>
  );
}

function ValueCard({ id }: { id: string; currency: string }) {
  const t = useCustomerTexts();
  const query = useQuery({ queryKey: ['value', id], queryFn: () => take(analyticsApi.GET('/api/analytics/v1/customers/{id}/value', { params: { path: { id } } })) });
  return (
    <Loaded query={query} rows={3}>
      {(value) => (
        <Stack gap={8}>
          <Figure label={t('clv')} value={money(value.clv, value.currency)} formula={t('clvFormula')} />
          <Progress value={value.clvPercentile * 100} size="sm" aria-label={t('better', { share: percent(value.clvPercentile) })} />
          <Text size="xs" c="dimmed">{t('better', { share: percent(value.clvPercentile) })}</Text>
          <Figure label={t('alive')} value={percent(value.probabilityAlive, 1)} formula={t('aliveFormula')} />
          <Figure label={t('expected')} value={number(value.expectedPurchases, 2)} formula={t('expectedFormula', { days: value.horizonDays })} />
          <Figure label={t('expectedValue')} value={money(value.history.expectedValue, value.currency)} formula={t('clvFormula')} />
          <Figure label={t('rfm')} value={`${value.rfm.recency} · ${value.rfm.frequency} · ${value.rfm.monetary}`} formula={t('rfmFormula')} />
          <Figure label={t('noBuy90')} value={percent(value.probabilityOfNoPurchase90Days)} formula={t('aliveFormula')} />
          <Figure label={t('repeatPurchases')} value={number(value.history.repeatPurchases)} />
          <Figure label={t('daysSince')} value={number(value.rfm.daysSinceLastPurchase)} />
          <Text size="xs" c="dimmed" title={value.modelVersion}>{t('model', { version: value.modelVersion.split(':')[0]!.toUpperCase().replace('-', '/') })} · {moment(value.inputsAsOf)}</Text>
        </Stack>
      )}
    </Loaded>
  );
}

function Figure({ label, value, formula }: { label: string; value: string; formula?: string }) {
  const kit = useKitTexts();
  return (
    <Group justify="space-between" gap="xs" wrap="nowrap">
      <Group gap={2} wrap="nowrap">
        <Text size="sm" c="dimmed">{label}</Text>
        {formula && <Popover width={260} withArrow shadow="md"><Popover.Target><ActionIcon size="sm" variant="transparent" color="gray" aria-label={`${kit('definition')}: ${label}`}><IconInfoCircle size={14} /></ActionIcon></Popover.Target><Popover.Dropdown><Text size="sm">{formula}</Text></Popover.Dropdown></Popover>}
      </Group>
      <Text size="sm" fw={600}>{value}</Text>
    </Group>
  );
}

function LoyaltyCard({ id, member }: { id: string; member?: { memberId: string; memberNumber: string; availablePoints: number; lifetimePoints: number; cards: { cardId: string; numberEnd: string; status: string }[] } | null }) {
  const t = useCustomerTexts();
  const mayEnrol = useMay(...LOYALTY);
  const queries = useQueryClient();
  const enrol = useMutation({
    mutationFn: () => take(loyaltyApi.POST('/api/loyalty/v1/members', { params: { header: once() }, body: { customerId: id } })),
    onSuccess: () => { notifications.show({ message: t('enrolled'), color: 'teal' }); void queries.invalidateQueries({ queryKey: ['customer360', id] }); },
  });
  if (!member) return <Stack gap="xs" align="flex-start"><Text size="sm" c="dimmed">{t('notMember')}</Text>{mayEnrol && <Button size="compact-sm" variant="default" loading={enrol.isPending} onClick={() => enrol.mutate()}>{t('enrol')}</Button>}<Refusal error={enrol.error} /></Stack>;
  return (
    <Stack gap={6}>
      <Figure label={t('points')} value={number(member.availablePoints)} /><Figure label={t('lifetimePoints')} value={number(member.lifetimePoints)} />
      <Group justify="space-between"><Text size="sm" c="dimmed">{t('memberNumber')}</Text><Anchor component={Link} to={`/loyalty/${member.memberId}`} size="sm">{member.memberNumber}</Anchor></Group>
      {member.cards.map((card) => <Group key={card.cardId} justify="space-between"><Text size="sm">{t('card', { end: card.numberEnd })}</Text><Badge size="sm" variant="light" color={card.status === 'active' ? 'teal' : 'gray'}>{card.status}</Badge></Group>)}
    </Stack>
  );
}

function NoteComposer({ id }: { id: string }) {
  const t = useCustomerTexts();
  const queries = useQueryClient();
  const key = 'draft.note.' + id;
  const [text, setText] = useState(() => sessionStorage.getItem(key) ?? '');
  const change = (value: string) => { setText(value); sessionStorage.setItem(key, value); };
  const add = useMutation({
    mutationFn: () => take(customerApi.POST('/api/customer/v1/customers/{id}/notes', { params: { path: { id }, header: once() }, body: { text } as never })),
    onSuccess: () => { change(''); notifications.show({ message: t('noteAdded'), color: 'teal' }); void queries.invalidateQueries({ queryKey: ['customer', id, 'timeline'] }); },
  });
  return (
    <form onSubmit={(event) => { event.preventDefault(); if (text.trim()) add.mutate(); }}>
      <Textarea label={t('noteLabel')} placeholder={t('notePlaceholder')} autosize minRows={2} maxRows={10} value={text} dir="auto" onChange={(event) => change(event.currentTarget.value)}
        onKeyDown={(event) => { if ((event.ctrlKey || event.metaKey) && event.key === 'Enter' && text.trim()) add.mutate(); }} />
      {text.trim() && <Group justify="flex-end" mt="xs"><Button type="submit" size="xs" loading={add.isPending}>{t('addNote')}</Button></Group>}
      <Refusal error={add.error} />
    </form>
  );
}

function Consents({ id, mayEdit }: { id: string; mayEdit: boolean }) {
  const t = useCustomerTexts();
  const queries = useQueryClient();
  const query = useQuery({ queryKey: ['customer', id, 'consents'], queryFn: () => take(customerApi.GET('/api/customer/v1/customers/{id}/consents', { params: { path: { id }, query: { limit: 50 } } })) });
  const record = useMutation({
    mutationFn: (change: { channel: string; purpose: string; granted: boolean }) => take(customerApi.POST('/api/customer/v1/customers/{id}/consents', {
      params: { path: { id }, header: once() }, body: { ...change, noticeVersion: '2026-01', captureSource: 'agent' } as never,
    })),
    onSuccess: () => { notifications.show({ message: t('consentChanged'), color: 'teal' }); void queries.invalidateQueries({ queryKey: ['customer', id] }); },
  });
  return (
    <Loaded query={query}>
      {(data) => {
        const known = ['email', 'sms', 'phone', 'post'].map((channel) => data.inForce.find((one) => one.channel === channel && one.purpose === 'marketing') ?? { channel, purpose: 'marketing', granted: false, effectiveAt: '' });
        const rest = data.inForce.filter((one) => !known.includes(one));
        return (
          <Stack>
            <Text size="sm" c="dimmed">{t('consentHint')}</Text>
            {[...known, ...rest].map((one) => (
              <Switch key={one.channel + one.purpose} checked={one.granted} disabled={!mayEdit || record.isPending} label={`${t('channel_' + one.channel)} · ${t('purpose_' + one.purpose)}`}
                description={one.effectiveAt ? `${t(one.granted ? 'granted' : 'withdrawn')} ${moment(one.effectiveAt)}` : undefined} onChange={(event) => record.mutate({ channel: one.channel, purpose: one.purpose, granted: event.currentTarget.checked })} />
            ))}
            <Refusal error={record.error} />
            <Divider label={t('ledger')} labelPosition="left" />
            {data.decisions.items.length === 0 && <Text size="sm" c="dimmed">{t('noConsents')}</Text>}
            {data.decisions.items.map((one) => (
              <Group key={one.id} justify="space-between" wrap="nowrap">
                <div><Text size="sm"><Badge size="xs" mr={6} color={one.granted ? 'teal' : 'red'} variant="light">{t(one.granted ? 'granted' : 'withdrawn')}</Badge>{t('channel_' + one.channel)} · {t('purpose_' + one.purpose)}</Text><Text size="xs" c="dimmed">{t('notice', { version: one.noticeVersion })} · {one.captureSource}</Text></div>
                <Text size="xs" c="dimmed">{moment(one.effectiveAt)}</Text>
              </Group>
            ))}
          </Stack>
        );
      }}
    </Loaded>
  );
}

function Purchases({ id }: { id: string }) {
  const t = useCustomerTexts();
  const query = useQuery({ queryKey: ['purchases', { customerId: id }], queryFn: () => take(salesApi.GET('/api/sales/v1/purchases', { params: { query: { customerId: id, limit: 50 } } })) });
  return <Loaded query={query}>{(page) => page.items.length === 0 ? <Text size="sm" c="dimmed">{t('noPurchases')}</Text> : <>{page.items.map((one) => <Line key={one.id} to={`/purchases/${one.id}`} left={day(one.purchasedAt)} note={`${t('lines', { count: one.lineCount })} · ${one.source} ${one.sourceId}`} right={money(one.total, one.currency)} />)}</>}</Loaded>;
}

function Cases({ id }: { id: string }) {
  const t = useCustomerTexts();
  const query = useQuery({ queryKey: ['cases', { customerId: id }], queryFn: () => take(serviceApi.GET('/api/service/v1/cases', { params: { query: { customerId: id, limit: 50 } } })) });
  return <Loaded query={query}>{(page) => page.items.length === 0 ? <Text size="sm" c="dimmed">{t('noCases')}</Text> : <>{page.items.map((one) => <Line key={one.id} to={`/cases/${one.id}`} left={one.subject} note={`${one.number} · ${one.status}`} right={ago(one.openedAt)} />)}</>}</Loaded>;
}

function EditCustomer({ customer, onClose }: { customer: Customer; onClose: () => void }) {
  const t = useCustomerTexts();
  const kit = useKitTexts();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [base] = useState(customer);
  const [conflict, setConflict] = useState<{ theirs: Customer; mine: Details } | null>(null);
  const draftKey = 'customer.' + customer.id;
  const path = { id: customer.id };
  const change = useMutation({
    mutationFn: ({ details, version }: { details: Details; version: number }) =>
      take(customerApi.PUT('/api/customer/v1/customers/{id}', { params: { path, header: seen(version) }, body: fullRequestOf(details) })),
    onSuccess: (saved) => {
      forgetDraft(draftKey);
      queries.setQueryData(['customer', customer.id], saved);
      void queries.invalidateQueries({ queryKey: ['customer360', customer.id] });
      void queries.invalidateQueries({ queryKey: ['customer', customer.id, 'timeline'] });
      void queries.invalidateQueries({ queryKey: ['customers'] });
      notifications.show({ message: kit('saved'), color: 'teal' });
      onClose();
      void navigate('.', { replace: true });
    },
    onError: async (error, { details }) => {
      if (error instanceof Problem && error.status === 412) setConflict({ theirs: await take(customerApi.GET('/api/customer/v1/customers/{id}', { params: { path } })), mine: details });
    },
  });
  const initial = useState(() => detailsOf(base))[0];
  const ownLabel = useLabels('customer');
  return (
    <>
      <Modal opened onClose={onClose} title={t('editTitle')} size="xl">
        <CustomerForm label={t('editTitle')} initial={initial} draftKey={draftKey} pending={change.isPending} error={conflict ? null : change.error}
          onSubmit={(details) => change.mutate({ details, version: base.version })} onCancel={onClose} />
      </Modal>
      {conflict && (
        <ConflictDialog base={detailsOf(base)} theirs={detailsOf(conflict.theirs)} mine={conflict.mine} pending={change.isPending} onClose={() => setConflict(null)}
          label={(field) => t({ displayName: 'name', givenName: 'given', familyName: 'family', timeZone: 'zone' }[field as string] ?? (field as string))}
          show={(value, field) => (field === 'customFields' ? (value as FieldState[]).map((one) => `${ownLabel(one.name)}: ${sayField(one, { yes: kit('yes'), no: kit('no') })}`).join('\n') : [value].flat().join(', '))}
          onKeep={(merged) => change.mutate({ details: merged, version: conflict.theirs.version })} />
      )}
    </>
  );
}
