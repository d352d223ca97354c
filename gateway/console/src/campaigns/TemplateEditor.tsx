import { Alert, Badge, Button, Card, Grid, Group, Menu, NativeSelect, Stack, Tabs, Text, Textarea, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { campaignApi, once, seen, take } from '../api/client';
import { CustomerPicker } from '../kit/CustomerPicker';
import { useLanguage } from '../kit/i18n';
import { Empty, Failed, Lines, PageTitle, Refusal } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { usePage } from '../shell/page';
import { MessagePreview } from './MessagePreview';
import { CHANNELS } from './SegmentBuilder';
import { useCampaignTexts } from './texts';

const MERGE = ['firstName', 'fullName', 'city', 'points', 'unsubscribeUrl', 'whyUrl'];
const LANGUAGES = ['id', 'en'] as const;
type Text2 = { subject: string; html: string; text: string };
interface Template { id: string; version: number; name: string; channel: string; contents: Record<string, { subject?: string; html?: string | null; text?: string | null; mjml?: string | null }>; approvedBy?: string | null }

export function TemplateEditor() {
  const { id = 'new' } = useParams();
  const query = useQuery({ queryKey: ['template', id], enabled: id !== 'new', queryFn: () => take(campaignApi.GET('/api/campaign/v1/templates/{id}', { params: { path: { id } } })) });
  if (id === 'new') return <Editor key="new" />;
  if (query.error) return <Failed error={query.error} onRetry={() => void query.refetch()} />;
  return query.data ? <Editor key={query.data.id + query.data.version} template={query.data as Template} /> : <Lines rows={8} height={22} />;
}

const START: Record<(typeof LANGUAGES)[number], Text2> = {
  id: { subject: '', html: '<p>Halo {{firstName "Pelanggan"}},</p>\n<p></p>\n<p><a href="{{unsubscribeUrl}}">Berhenti berlangganan</a></p>', text: '' },
  en: { subject: '', html: '<p>Hello {{firstName "there"}},</p>\n<p></p>\n<p><a href="{{unsubscribeUrl}}">Unsubscribe</a></p>', text: '' },
};

function Editor({ template }: { template?: Template }) {
  const t = useCampaignTexts();
  const kit = useKitTexts();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [name, setName] = useState(template?.name ?? '');
  const [channel, setChannel] = useState(template?.channel ?? 'email');
  const [texts, setTexts] = useState<Record<string, Text2>>(() => template
    ? Object.fromEntries(LANGUAGES.map((one) => [one, { subject: template.contents[one]?.subject ?? '', html: template.contents[one]?.html ?? '', text: template.contents[one]?.text ?? '' }]))
    : START);
  const html = channel === 'email' || channel === 'post';
  const areas = useRef<Record<string, HTMLTextAreaElement | null>>({});
  usePage([{ label: t('templates'), to: '/templates' }, { label: template?.name ?? t('newTemplate') }], template && 'templates');
  const set = (language: string, change: Partial<Text2>) => setTexts((now) => ({ ...now, [language]: { ...now[language]!, ...change } }));
  const save = useMutation({
    mutationFn: async () => {
      const contents = Object.fromEntries(LANGUAGES.filter((one) => texts[one]!.subject.trim() || texts[one]!.text.trim()).map((one) => [one,
        html ? { subject: texts[one]!.subject, html: texts[one]!.html } : { ...(texts[one]!.subject.trim() && { subject: texts[one]!.subject }), text: texts[one]!.text }]));
      const body = { name: name.trim(), channel, contents };
      return template
        ? take(campaignApi.PUT('/api/campaign/v1/templates/{id}', { params: { path: { id: template.id }, header: seen(template.version) }, body }))
        : take(campaignApi.POST('/api/campaign/v1/templates', { params: { header: once() }, body }));
    },
    onSuccess: (saved) => {
      notifications.show({ message: t('saved'), color: 'teal' });
      queries.setQueryData(['template', saved.id], saved);
      void queries.invalidateQueries({ queryKey: ['templates'] });
      if (!template) void navigate(`/templates/${saved.id}`, { replace: true });
    },
  });
  function insert(language: string, field: string) {
    const area = areas.current[language];
    const key = html ? 'html' : 'text';
    const value = texts[language]![key];
    const at = area?.selectionStart ?? value.length;
    set(language, { [key]: value.slice(0, at) + `{{${field}}}` + value.slice(area?.selectionEnd ?? at) });
    area?.focus();
  }
  return (
    <>
      <PageTitle title={template?.name ?? t('newTemplate')}>
        {template?.approvedBy && <Badge variant="light" color="teal">{t('approvedBy', { name: template.approvedBy })}</Badge>}
        <Button onClick={() => save.mutate()} loading={save.isPending} disabled={!name.trim()}>{kit('save')}</Button>
      </PageTitle>
      <Grid gap="md">
        <Grid.Col span={{ base: 12, lg: 8 }}>
          <Card withBorder padding="md">
            <Stack>
              <Group grow preventGrowOverflow={false} align="flex-start">
                <TextInput label={t('templateName')} required value={name} maxLength={200} onChange={(event) => setName(event.currentTarget.value)} flex={2} miw={200} dir="auto" />
                <NativeSelect label={t('channel')} disabled={!!template} value={channel} onChange={(event) => setChannel(event.currentTarget.value)} data={CHANNELS.map((value) => ({ value, label: t('channel_' + value) }))} />
              </Group>
              <Grid gap="md">
                {LANGUAGES.map((language) => (
                  <Grid.Col key={language} span={{ base: 12, sm: 6 }}>
                    <Stack gap="xs" component="section" aria-label={t(language === 'id' ? 'indonesian' : 'english')}>
                      <Group justify="space-between"><Text fw={600} size="sm">{t(language === 'id' ? 'indonesian' : 'english')}</Text>
                        <Menu><Menu.Target><Button size="compact-xs" variant="subtle">{t('insertField')}</Button></Menu.Target><Menu.Dropdown>{MERGE.map((field) => <Menu.Item key={field} onClick={() => insert(language, field)}>{field}</Menu.Item>)}</Menu.Dropdown></Menu></Group>
                      <TextInput label={t('subject')} lang={language} value={texts[language]!.subject} onChange={(event) => set(language, { subject: event.currentTarget.value })} />
                      <Textarea ref={(area) => { areas.current[language] = area; }} label={t(html ? 'body' : 'textBody')} lang={language} autosize minRows={html ? 12 : 5} maxRows={28} value={texts[language]![html ? 'html' : 'text']}
                        styles={html ? { input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 12.5 } } : undefined} onChange={(event) => set(language, { [html ? 'html' : 'text']: event.currentTarget.value })} spellCheck={!html} />
                    </Stack>
                  </Grid.Col>
                ))}
              </Grid>
              <Refusal error={save.error} />
            </Stack>
          </Card>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 4 }}><Stack>{template ? <><Preview id={template.id} version={template.version} /><Checks id={template.id} version={template.version} /></> : <Card withBorder><Empty title={t('preview')} hint={t('previewHint')} /></Card>}</Stack></Grid.Col>
      </Grid>
    </>
  );
}

function Preview({ id, version }: { id: string; version: number }) {
  const t = useCampaignTexts();
  const [customer, setCustomer] = useState<string | null>(null);
  const own = useLanguage();
  const [language, setLanguage] = useState<string>(own);
  return (
    <Card withBorder padding="md" component="section" aria-label={t('preview')}>
      <Stack gap="sm">
        <CustomerPicker label={t('previewFor')} value={customer} onChange={setCustomer} />
        {!customer ? <Text size="sm" c="dimmed">{t('previewHint')}</Text> : (
          <Tabs value={language} onChange={(value) => setLanguage(value ?? 'id')}>
            <Tabs.List><Tabs.Tab value="id">{t('indonesian')}</Tabs.Tab><Tabs.Tab value="en">{t('english')}</Tabs.Tab></Tabs.List>
            <Stack pt="sm" gap="xs">
              <MessagePreview templateId={id} version={version} customerId={customer} language={language} />
            </Stack>
          </Tabs>
        )}
      </Stack>
    </Card>
  );
}

function Checks({ id, version }: { id: string; version: number }) {
  const t = useCampaignTexts();
  const language = useLanguage();
  const check = useMutation({ mutationKey: ['checks', version], mutationFn: () => take(campaignApi.POST('/api/campaign/v1/templates/{id}/checks', { params: { path: { id } }, body: { links: false } })) });
  return (
    <Card withBorder padding="md">
      <Stack gap="xs">
        <Group justify="space-between"><Text fw={600} size="sm">{t('checks')}</Text><Button size="compact-sm" variant="default" loading={check.isPending} onClick={() => check.mutate()}>{t('checks')}</Button></Group>
        {check.data?.findings.length === 0 && <Text size="sm" c="dimmed">{t('noFindings')}</Text>}
        {check.data?.findings.map((one, index) => <Alert key={index} variant="light" color={one.severity === 'error' ? 'red' : one.severity === 'warning' ? 'orange' : 'blue'} p="xs"><Text size="sm">{language === 'id' ? one.messageId : one.messageEn}</Text><Text size="xs" c="dimmed">{one.language} · {one.code}</Text></Alert>)}
        <Refusal error={check.error} />
      </Stack>
    </Card>
  );
}
