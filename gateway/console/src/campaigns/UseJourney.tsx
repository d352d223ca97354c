import { Button, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { campaignApi, once, take } from '../api/client';
import type { components } from '../api/generated/campaign';
import { useLanguage } from '../kit/i18n';
import { Refusal } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { useCampaignTexts } from './texts';

export type ReadyMade = components['schemas']['ReadyMadeJourneyResponse'];

/** A ready-made journey lacks its messages and who sends them; with these it is a draft on the canvas. */
export function UseJourney({ ready, onClose }: { ready: ReadyMade; onClose: () => void }) {
  const t = useCampaignTexts();
  const kit = useKitTexts();
  const language = useLanguage();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [form, setForm] = useState({ name: ready.name[language] ?? '', senderName: '', fromAddress: '' });
  const [chosen, setChosen] = useState<Record<string, string>>({});
  const templates = useQuery({ queryKey: ['templates', 'choice'], queryFn: () => take(campaignApi.GET('/api/campaign/v1/templates', { params: { query: { limit: 200 } } })) });
  const create = useMutation({
    mutationFn: () => take(campaignApi.POST('/api/campaign/v1/journey-templates/{key}/journeys', { params: { path: { key: ready.key }, header: once() }, body: { ...form, templates: chosen, channel: 'email', language } as never })),
    onSuccess: (made) => { void queries.invalidateQueries({ queryKey: ['journeys'] }); void navigate(`/journeys/${made.id}`); },
  });
  const complete = ready.texts.every((text) => chosen[text]) && !!form.name.trim() && !!form.senderName.trim() && /.+@.+/.test(form.fromAddress);
  const field = (name: keyof typeof form, maxLength: number) => <TextInput label={t(name)} required maxLength={maxLength} dir="auto" type={name === 'fromAddress' ? 'email' : 'text'} value={form[name]} onChange={(event) => setForm({ ...form, [name]: event.currentTarget.value })} />;
  return (
    <Modal opened onClose={onClose} title={ready.name[language]}>
      <form onSubmit={(event) => { event.preventDefault(); if (complete && !create.isPending) create.mutate(); }}>
        <Stack gap="sm">
          {field('name', 200)}
          {ready.texts.map((text) => (
            <Select key={text} label={t('textFor', { step: text })} required searchable value={chosen[text] ?? null} onChange={(id) => setChosen(({ [text]: _, ...rest }) => (id ? { ...rest, [text]: id } : rest))}
              data={templates.data?.items.filter((one) => one.channel === 'email').map((one) => ({ value: one.id, label: one.name })) ?? []} nothingFoundMessage={t('noTemplates')} />
          ))}
          {templates.data?.items.length === 0 && <Text size="sm" component={Link} to="/templates/new">{t('newTemplate')}</Text>}
          {field('senderName', 100)}{field('fromAddress', 254)}
          <Refusal error={create.error} />
          <Group justify="flex-end"><Button variant="default" onClick={onClose}>{kit('cancel')}</Button><Button type="submit" disabled={!complete} loading={create.isPending}>{t('createDraft')}</Button></Group>
        </Stack>
      </form>
    </Modal>
  );
}
