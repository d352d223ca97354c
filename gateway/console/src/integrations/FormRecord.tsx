import { ActionIcon, Button, Card, Checkbox, Code, Group, NativeSelect, Stack, Switch, Tabs, TagsInput, Text, Textarea, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconArrowDown, IconArrowUp, IconForms, IconPlus, IconTrash } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { customerApi, seen, take } from '../api/client';
import type { components } from '../api/generated/customer';
import { Problem } from '../api/problems';
import { CustomerName } from '../kit/CustomerName';
import { useDraft } from '../kit/draft';
import { moment } from '../kit/format';
import { language } from '../kit/i18n';
import { ListView } from '../kit/ListView';
import { usePaged } from '../kit/paged';
import { Copyable, Fields, Panel, RecordPage } from '../kit/Record';
import { useSaveSeen } from '../kit/saveSeen';
import { Empty, Failed, Lines, PageTitle, Refusal } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { usePage } from '../shell/page';
import { FORM_EDITORS, useMay } from '../shell/session';
import { useShortcuts } from '../shell/shortcuts';
import { type Definition, embedOf, isFormKey, KNOWN, PREFERENCE } from './embed';
import { Active } from './Integrations';
import { useIntegrationTexts } from './texts';

type Form = components['schemas']['RegistrationFormsResponse'];
type Submission = components['schemas']['RegistrationFormsSubmission'];
type Field = Definition['fields'][number];
type Consent = Definition['consents'][number];
interface Details { name: string; language: string; isActive: boolean; fields: Field[]; consents: Consent[]; allowedOrigins: string[]; redirectUrl: string }

const CHANNELS = ['email', 'sms', 'whatsapp', 'phone', 'post', 'push', 'webhook'];
const PURPOSES = ['marketing', 'service', 'profiling'];
const read = (key: string) => take(customerApi.GET('/api/customer/v1/registration-forms/{key}', { params: { path: { key } } }));
const formOf = ({ isActive, definition }: Form): Details => ({
  name: definition.name, language: definition.language, isActive, fields: definition.fields, consents: definition.consents.map(({ key: _, ...consent }) => consent), allowedOrigins: definition.allowedOrigins, redirectUrl: definition.redirectUrl ?? '',
});
const definitionOf = ({ isActive: _, redirectUrl, ...rest }: Details): Definition => ({ ...rest, name: rest.name.trim(), redirectUrl: redirectUrl.trim() || null });

export function NewForm() {
  const t = useIntegrationTexts();
  const navigate = useNavigate();
  usePage([{ label: t('title'), to: '/integrations?tab=forms' }, { label: t('newForm') }]);
  return <><PageTitle title={t('newForm')} hint={t('noFormsHint')} /><Stack maw={760}><Settings saved={(one) => void navigate(`/integrations/forms/${one.key}`, { replace: true })} /></Stack></>;
}

/** A form on other sites: what it asks, how to put it there, and what was sent in. */
export function FormRecord() {
  const t = useIntegrationTexts();
  const { key = '' } = useParams();
  const may = useMay(...FORM_EDITORS);
  const [round, setRound] = useState(0);
  const query = useQuery({ queryKey: ['form', key], queryFn: () => read(key) });
  const one = query.data;
  usePage([{ label: t('title'), to: '/integrations?tab=forms' }, { label: one?.definition.name ?? '…' }]);
  if (query.error && !one) return <Failed error={query.error} onRetry={() => void query.refetch()} />;
  if (!one) return <Lines rows={8} height={22} />;
  return (
    <RecordPage type={t('form')} title={one.definition.name} icon={<IconForms size={40} stroke={1.4} aria-hidden />} badge={<Active is={one.isActive} />}
      facts={[{ label: t('publicUrl'), value: <Copyable value={one.url} /> }, { label: t('fields'), value: t('fieldCount', { count: one.definition.fields.length }) }, { label: t('version'), value: one.version }]}
      side={<Embed form={one} />}>
      {may ? (
        <Tabs defaultValue="settings" keepMounted={false}>
          <Tabs.List mb="md"><Tabs.Tab value="settings">{t('settings')}</Tabs.Tab><Tabs.Tab value="submissions">{t('submissions')}</Tabs.Tab></Tabs.List>
          <Tabs.Panel value="settings"><Settings key={round} form={one} saved={() => setRound(round + 1)} /></Tabs.Panel>
          <Tabs.Panel value="submissions"><Submissions form={one.key} /></Tabs.Panel>
        </Tabs>
      ) : <Panel title={t('fields')}><Fields fields={one.definition.fields.map((field) => ({ label: field.name, value: field.label + (field.required ? ' *' : '') }))} /></Panel>}
    </RecordPage>
  );
}

function Embed({ form }: { form: Form }) {
  const t = useIntegrationTexts();
  const html = embedOf(form.url, form.definition);
  return (
    <>
      <Panel title={t('embed')} action={<Copyable value={html} short="HTML" />}><Stack gap="xs"><Text size="xs" c="dimmed">{t('embedHint')}</Text><Code block tabIndex={0} aria-label={t('embed')} mah={260}>{html}</Code></Stack></Panel>
      <Panel title={t('preview')}><iframe sandbox="" srcDoc={`<meta charset="utf-8"><style>body{font:14px system-ui;overflow-wrap:anywhere}input,select{max-width:100%}</style>${html}`} title={t('preview')} style={{ width: '100%', height: 320, border: 0, background: 'white' }} /></Panel>
    </>
  );
}

function Settings({ form, saved }: { form?: Form; saved: (form: Form) => void }) {
  const t = useIntegrationTexts();
  const kit = useKitTexts();
  const queries = useQueryClient();
  const [pinned] = useState(form);
  const [key, setKey] = useState('');
  const [details, set, forget] = useDraft<Details>(`form.${pinned ? `${pinned.key}.${pinned.version}` : 'new'}`, pinned
    ? formOf(pinned)
    : { name: '', language: language(), isActive: true, fields: [{ name: 'displayName', label: t('f_displayName'), required: true }], consents: [], allowedOrigins: [], redirectUrl: '' });
  const lines = (value: unknown) => (Array.isArray(value)
    ? value.map((one: string | Field | Consent) => (typeof one === 'string' ? one : 'label' in one ? `${one.label} (${one.name})${one.required ? ' *' : ''}` : `${t('channel_' + one.channel)} · ${t('purpose_' + one.purpose)} ${one.noticeVersion}: ${one.text}${one.required ? ' *' : ''}`)).join('\n')
    : typeof value === 'boolean' ? t(value ? 'active' : 'inactive') : String(value ?? ''));
  const { save, pending, error, dialog } = useSaveSeen<Form, Details>({
    record: pinned, formOf, read: () => read(pinned!.key),
    write: (now, version) => take(customerApi.PUT('/api/customer/v1/registration-forms/{key}', { params: { path: { key: pinned?.key ?? key } }, headers: version === undefined ? {} : seen(version), body: { definition: definitionOf(now), isActive: now.isActive } })),
    label: (field) => t({ name: 'name', language: 'language', isActive: 'state', fields: 'fields', consents: 'consents', allowedOrigins: 'origins', redirectUrl: 'redirect' }[field]),
    show: lines,
    saved: (now) => {
      forget();
      queries.setQueryData(['form', now.key], now);
      void queries.invalidateQueries({ queryKey: ['forms'] });
      notifications.show({ message: kit('saved'), color: 'teal' });
      saved(now);
    },
  });
  const isTaken = !pinned && error instanceof Problem && error.status === 412;
  const complete = (pinned || isFormKey(key)) && details.name.trim() !== '' && details.fields.every((field) => field.label.trim() !== '' && field.name !== PREFERENCE) && details.consents.every((consent) => consent.text.trim() !== '' && consent.noticeVersion.trim() !== '');
  const submit = () => { if (complete && !pending) save(details); };
  useShortcuts({ 'mod+Enter': submit, 'mod+s': submit });
  return (
    <form aria-label={t('settings')} onSubmit={(event) => { event.preventDefault(); submit(); }}>
      <Stack>
        <Group align="flex-start" grow preventGrowOverflow={false}>
          {!pinned && <TextInput label={t('key')} description={t('keyHint')} required maxLength={40} miw={200} value={key} onChange={(event) => setKey(event.currentTarget.value.trim().toLowerCase())} error={isTaken ? t('taken') : key !== '' && !isFormKey(key) && t('keyHint')} />}
          <TextInput label={t('name')} required maxLength={100} miw={200} dir="auto" value={details.name} onChange={(event) => set({ name: event.currentTarget.value })} />
          <NativeSelect label={t('language')} value={details.language} onChange={(event) => set({ language: event.currentTarget.value })} data={[{ value: 'id', label: 'Indonesia' }, { value: 'en', label: 'English' }]} />
        </Group>
        <Switch label={t('active')} checked={details.isActive} onChange={(event) => set({ isActive: event.currentTarget.checked })} />
        <FieldRows fields={details.fields} onChange={(fields) => set({ fields })} />
        <ConsentRows consents={details.consents} onChange={(consents) => set({ consents })} />
        <TagsInput label={t('origins')} placeholder={t('originsHint')} maxTags={30} value={details.allowedOrigins} onChange={(allowedOrigins) => set({ allowedOrigins })} />
        <TextInput label={t('redirect')} type="url" placeholder="https://" maxLength={500} value={details.redirectUrl} onChange={(event) => set({ redirectUrl: event.currentTarget.value })} />
        {!isTaken && <Refusal error={error} />}
        <Group justify="flex-end"><Button type="submit" disabled={!complete} loading={pending}>{kit('save')}</Button></Group>
      </Stack>
      {dialog}
    </form>
  );
}

/** A copy with the element at `from` moved to `to`. */
export function moved<T>(items: T[], from: number, to: number): T[] {
  const next = [...items];
  next.splice(to, 0, ...next.splice(from, 1));
  return next;
}

function FieldRows({ fields, onChange }: { fields: Field[]; onChange: (fields: Field[]) => void }) {
  const t = useIntegrationTexts();
  const change = (at: number, changes: Partial<Field>) => onChange(fields.map((field, index) => (index === at ? { ...field, ...changes } : field)));
  const free = KNOWN.filter((name) => fields.every((field) => field.name !== name));
  return (
    <Card withBorder component="section" aria-label={t('fields')}>
      <Text size="sm" fw={600}>{t('fields')}</Text><Text size="xs" c="dimmed" mb="xs">{t('emailAlways')}</Text>
      <Stack gap="xs">
        {fields.map((field, at) => {
          const own = field.name.startsWith(PREFERENCE);
          const called = field.label || field.name;
          const fixed = field.name === 'displayName';
          return (
            <Group key={at} gap="xs" align="flex-end" wrap="wrap" role="group" aria-label={called}>
              {fixed ? <TextInput label={t('field')} w={170} value={t('f_displayName')} readOnly /> : (
                <NativeSelect label={t('field')} w={170} value={own ? PREFERENCE : field.name} onChange={(event) => change(at, { name: event.currentTarget.value })}
                  data={[...KNOWN.filter((name) => name === field.name || free.includes(name)), PREFERENCE].map((name) => ({ value: name, label: t('f_' + (name === PREFERENCE ? 'preference' : name)) }))} />
              )}
              {own && <TextInput label={t('preferenceName')} w={150} maxLength={50} value={field.name.slice(PREFERENCE.length)} onChange={(event) => change(at, { name: PREFERENCE + event.currentTarget.value.replace(/\W/g, '') })} />}
              <TextInput label={t('label')} flex={1} miw={150} maxLength={200} dir="auto" value={field.label} onChange={(event) => change(at, { label: event.currentTarget.value })} />
              <Checkbox label={t('required')} mb={8} checked={field.required ?? false} disabled={fixed} onChange={(event) => change(at, { required: event.currentTarget.checked })} />
              <Group gap={2} wrap="nowrap" mb={4}>
                <ActionIcon variant="subtle" color="gray" aria-label={t('up', { name: called })} disabled={at === 0} onClick={() => onChange(moved(fields, at, at - 1))}><IconArrowUp size={16} /></ActionIcon>
                <ActionIcon variant="subtle" color="gray" aria-label={t('down', { name: called })} disabled={at === fields.length - 1} onClick={() => onChange(moved(fields, at, at + 1))}><IconArrowDown size={16} /></ActionIcon>
                <ActionIcon variant="subtle" color="gray" aria-label={t('removeField', { name: called })} disabled={fixed} onClick={() => onChange(fields.filter((_, index) => index !== at))}><IconTrash size={16} /></ActionIcon>
              </Group>
            </Group>
          );
        })}
      </Stack>
      <Button mt="sm" size="xs" variant="default" leftSection={<IconPlus size={14} />} disabled={fields.length >= 30} onClick={() => onChange([...fields, free[0] ? { name: free[0], label: t('f_' + free[0]), required: false } : { name: PREFERENCE, label: '', required: false }])}>{t('addField')}</Button>
    </Card>
  );
}

function ConsentRows({ consents, onChange }: { consents: Consent[]; onChange: (consents: Consent[]) => void }) {
  const t = useIntegrationTexts();
  const change = (at: number, changes: Partial<Consent>) => onChange(consents.map((consent, index) => (index === at ? { ...consent, ...changes } : consent)));
  return (
    <Card withBorder component="section" aria-label={t('consents')}>
      <Text size="sm" fw={600} mb="xs">{t('consents')}</Text>
      {consents.length === 0 && <Text size="sm" c="dimmed">{t('noConsents')}</Text>}
      <Stack gap="sm">
        {consents.map((consent, at) => {
          const called = `${t('channel_' + consent.channel)} · ${t('purpose_' + consent.purpose)}`;
          return (
            <Stack key={at} gap="xs" role="group" aria-label={called}>
              <Group gap="xs" align="flex-end">
                <NativeSelect label={t('channel')} w={140} value={consent.channel} onChange={(event) => change(at, { channel: event.currentTarget.value })} data={CHANNELS.map((value) => ({ value, label: t('channel_' + value) }))} />
                <NativeSelect label={t('purpose')} w={150} value={consent.purpose} onChange={(event) => change(at, { purpose: event.currentTarget.value })} data={PURPOSES.map((value) => ({ value, label: t('purpose_' + value) }))} />
                <TextInput label={t('notice')} w={120} maxLength={50} value={consent.noticeVersion} onChange={(event) => change(at, { noticeVersion: event.currentTarget.value })} />
                <Checkbox label={t('required')} mb={8} checked={consent.required ?? false} onChange={(event) => change(at, { required: event.currentTarget.checked })} />
                <ActionIcon variant="subtle" color="gray" mb={4} aria-label={t('removeConsent', { name: called })} onClick={() => onChange(consents.filter((_, index) => index !== at))}><IconTrash size={16} /></ActionIcon>
              </Group>
              <Textarea label={t('consentText')} maxLength={2000} autosize minRows={2} maxRows={8} dir="auto" value={consent.text} onChange={(event) => change(at, { text: event.currentTarget.value })} />
            </Stack>
          );
        })}
      </Stack>
      <Button mt="sm" size="xs" variant="default" leftSection={<IconPlus size={14} />} disabled={consents.length >= 30} onClick={() => onChange([...consents, { channel: 'email', purpose: 'marketing', noticeVersion: '', text: '', required: false }])}>{t('addConsent')}</Button>
    </Card>
  );
}

function Submissions({ form }: { form: string }) {
  const t = useIntegrationTexts();
  const query = usePaged(['form-submissions', form], (cursor) => take(customerApi.GET('/api/customer/v1/registration-forms/{key}/submissions', { params: { path: { key: form }, query: { limit: 50, cursor } } })));
  return (
    <ListView<Submission> name="form-submissions" label={t('submissions')} query={query as never} rowKey={(row) => row.id} sortable={false} height={480} empty={<Empty title={t('noSubmissions')} hint={t('noSubmissionsHint')} />}
      columns={[
        { key: 'received', header: t('received'), value: (row) => row.receivedAt, width: 170, cell: (row) => moment(row.receivedAt) },
        { key: 'mailed', header: t('mailed'), value: (row) => row.mailedAt, width: 170, cell: (row) => (row.mailedAt ? moment(row.mailedAt) : t('notYet')) },
        { key: 'confirmed', header: t('confirmed'), value: (row) => row.confirmedAt, width: 170, cell: (row) => (row.confirmedAt ? moment(row.confirmedAt) : t('notYet')) },
        { key: 'customer', header: t('became'), value: (row) => row.customerId, width: 190, cell: (row) => (row.customerId ? <Group gap={6} wrap="nowrap"><CustomerName id={row.customerId} />{row.matched && <Text size="xs" c="dimmed">{t('known')}</Text>}</Group> : '–') },
        { key: 'consents', header: t('consents'), value: (row) => row.consents.join(', '), width: 170 }, { key: 'version', header: t('version'), value: (row) => row.formVersion, width: 80, align: 'right' },
      ]} />
  );
}
