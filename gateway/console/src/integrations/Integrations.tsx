import { Badge, Button, Group, Tabs, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { customer360Api, customerApi, take } from '../api/client';
import type { components } from '../api/generated/customer';
import type { components as gateway } from '../api/generated/customer360';
import { day, number } from '../kit/format';
import { ListView } from '../kit/ListView';
import { usePaged } from '../kit/paged';
import { Empty, PageTitle } from '../kit/States';
import { usePage } from '../shell/page';
import { FORM_EDITORS, OPS, useMay } from '../shell/session';
import { isSource } from './sources';
import { useIntegrationTexts } from './texts';

type Webhook = components['schemas']['WebhookSubscriptionsResponse'];
type Source = components['schemas']['ReceiveWebhookSource'];
type Form = components['schemas']['RegistrationFormsResponse'];
type Client = gateway['schemas']['ManageClientsResponse'];
const HEIGHT = 'calc(100dvh - 310px)';

/** Everything by which other systems are joined to this one. */
export function Integrations() {
  const t = useIntegrationTexts();
  const ops = useMay(...OPS);
  const [search, setSearch] = useSearchParams();
  usePage([{ label: t('title') }]);
  const tabs = ops ? (['webhooks', 'sources', 'forms', 'clients'] as const) : (['forms'] as const);
  const tab = tabs.find((one) => one === search.get('tab')) ?? tabs[0];
  return (
    <>
      <PageTitle title={t('title')} hint={t('hint')} />
      <Tabs value={tab} onChange={(to) => setSearch({ tab: to ?? tab }, { replace: true })} keepMounted={false}>
        <Tabs.List mb="md">{tabs.map((one) => <Tabs.Tab key={one} value={one}>{t(one)}</Tabs.Tab>)}</Tabs.List>
        <Tabs.Panel value="webhooks"><Webhooks /></Tabs.Panel><Tabs.Panel value="sources"><Sources /></Tabs.Panel><Tabs.Panel value="forms"><Forms /></Tabs.Panel><Tabs.Panel value="clients"><Clients /></Tabs.Panel>
      </Tabs>
    </>
  );
}

export function Active({ is }: { is: boolean }) {
  const t = useIntegrationTexts();
  return <Badge variant="light" size="sm" tt="none" color={is ? 'teal' : 'gray'}>{t(is ? 'active' : 'inactive')}</Badge>;
}

const name = (to: string, text: string) => <Link to={to} style={{ color: 'inherit', fontWeight: 550 }}>{text}</Link>;

function Webhooks() {
  const t = useIntegrationTexts();
  const query = usePaged(['webhooks'], (cursor) => take(customerApi.GET('/api/customer/v1/webhook-subscriptions', { params: { query: { limit: 100, cursor } } })));
  const create = <Button component={Link} to="/integrations/new-webhook" leftSection={<IconPlus size={16} />}>{t('newWebhook')}</Button>;
  return (
    <ListView<Webhook> name="webhooks" label={t('webhooks')} query={query as never} rowKey={(row) => row.id} to={(row) => `/integrations/webhooks/${row.id}`} height={HEIGHT} toolbar={create}
      empty={<Empty title={t('noWebhooks')} hint={t('noWebhooksHint')} action={create} />}
      columns={[
        { key: 'url', header: t('url'), value: (row) => row.url, width: 320, cell: (row) => name(`/integrations/webhooks/${row.id}`, row.url) },
        { key: 'description', header: t('description'), value: (row) => row.description, width: 220 },
        { key: 'events', header: t('events'), value: (row) => row.eventTypes.length, width: 130, cell: (row) => t('eventCount', { count: row.eventTypes.length }) },
        { key: 'state', header: t('state'), value: (row) => t(row.isActive ? 'active' : 'inactive'), width: 110, cell: (row) => <Active is={row.isActive} /> },
        { key: 'created', header: t('created'), value: (row) => row.createdAt, width: 120, cell: (row) => day(row.createdAt) },
      ]} />
  );
}

function Sources() {
  const t = useIntegrationTexts();
  const navigate = useNavigate();
  const [source, setSource] = useState('');
  const query = usePaged(['webhook-sources'], (cursor) => take(customerApi.GET('/api/customer/v1/webhook-sources', { params: { query: { limit: 100, cursor } } })));
  const bad = source !== '' && !isSource(source);
  return (
    <ListView<Source> name="webhook-sources" label={t('sources')} query={query as never} rowKey={(row) => row.name} to={(row) => `/integrations/sources/${row.name}`} height={HEIGHT}
      empty={<Empty title={t('noSources')} hint={t('noSourcesHint')} />}
      toolbar={
        <form onSubmit={(event) => { event.preventDefault(); if (isSource(source)) void navigate(`/integrations/sources/${source}`); }}>
          <Group align="flex-start" gap="xs"><TextInput miw={260} aria-label={t('sourceName')} placeholder={t('sourceNameHint')} maxLength={50} value={source} onChange={(event) => setSource(event.currentTarget.value.trim())} error={bad && t('sourceBad')} /><Button type="submit" leftSection={<IconPlus size={16} />} disabled={!isSource(source)}>{t('openSource')}</Button></Group>
        </form>
      }
      columns={[
        { key: 'name', header: t('name'), value: (row) => row.name, width: 220, cell: (row) => name(`/integrations/sources/${row.name}`, row.name) },
        { key: 'state', header: t('state'), value: (row) => t(row.isActive ? 'active' : 'inactive'), width: 110, cell: (row) => <Active is={row.isActive} /> },
        { key: 'address', header: t('address'), value: (row) => row.url, width: 380 },
        { key: 'secret', header: t('secret'), value: (row) => row.secretGeneration, width: 160, cell: (row) => t('generation', { number: row.secretGeneration }) },
      ]} />
  );
}

function Forms() {
  const t = useIntegrationTexts();
  const may = useMay(...FORM_EDITORS);
  const query = usePaged(['forms'], (cursor) => take(customerApi.GET('/api/customer/v1/registration-forms', { params: { query: { limit: 100, cursor } } })));
  const create = may && <Button component={Link} to="/integrations/new-form" leftSection={<IconPlus size={16} />}>{t('newForm')}</Button>;
  return (
    <ListView<Form> name="forms" label={t('forms')} query={query as never} rowKey={(row) => row.key} to={(row) => `/integrations/forms/${row.key}`} height={HEIGHT} toolbar={create}
      empty={<Empty title={t('noForms')} hint={t('noFormsHint')} action={create} />}
      columns={[
        { key: 'name', header: t('name'), value: (row) => row.definition.name, width: 260, cell: (row) => name(`/integrations/forms/${row.key}`, row.definition.name) },
        { key: 'key', header: t('key'), value: (row) => row.key, width: 160 },
        { key: 'language', header: t('language'), value: (row) => (row.definition.language === 'id' ? 'Indonesia' : 'English'), width: 110 },
        { key: 'fields', header: t('fields'), value: (row) => row.definition.fields.length, width: 110, cell: (row) => t('fieldCount', { count: row.definition.fields.length }) },
        { key: 'state', header: t('state'), value: (row) => t(row.isActive ? 'active' : 'inactive'), width: 110, cell: (row) => <Active is={row.isActive} /> },
        { key: 'version', header: t('version'), value: (row) => row.version, width: 90, align: 'right' },
      ]} />
  );
}

function Clients() {
  const t = useIntegrationTexts();
  const query = usePaged(['api-clients'], (cursor) => take(customer360Api.GET('/api/gateway/v1/clients', { params: { query: { limit: 100, cursor } } })));
  const create = <Button component={Link} to="/integrations/new-client" leftSection={<IconPlus size={16} />}>{t('newClient')}</Button>;
  return (
    <ListView<Client> name="api-clients" label={t('clients')} query={query as never} rowKey={(row) => row.subject} to={(row) => `/integrations/clients/${encodeURIComponent(row.subject)}`} height={HEIGHT} toolbar={create}
      empty={<Empty title={t('noClients')} hint={t('noClientsHint')} action={create} />}
      columns={[
        { key: 'name', header: t('name'), value: (row) => row.name, width: 200, cell: (row) => name(`/integrations/clients/${encodeURIComponent(row.subject)}`, row.name) },
        { key: 'subject', header: t('subject'), value: (row) => row.subject, width: 180 }, { key: 'department', header: t('department'), value: (row) => row.department, width: 160 },
        { key: 'scopes', header: t('scopes'), value: (row) => row.scopes.join(', '), width: 240 },
        { key: 'minute', header: t('perMinute'), value: (row) => row.perMinute, width: 140, align: 'right', cell: (row) => number(row.perMinute) }, { key: 'day', header: t('perDay'), value: (row) => row.perDay, width: 140, align: 'right', cell: (row) => number(row.perDay) },
        { key: 'state', header: t('state'), value: (row) => t(row.isActive ? 'active' : 'inactive'), width: 110, cell: (row) => <Active is={row.isActive} /> },
      ]} />
  );
}
