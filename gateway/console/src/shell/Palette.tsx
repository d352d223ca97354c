import { Badge, Group, Kbd, Loader, Modal, ScrollArea, Text, TextInput, UnstyledButton } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { useNavigate } from 'react-router';
import { campaignApi, customerApi, take } from '../api/client';
import classes from './Palette.module.css';
import { recent } from './page';
import { roomsFor } from './rooms';
import { useSession } from './session';
import { useShellTexts } from './texts';
import { FIELD } from './typedAhead';

export interface Action { label: string; run: () => void; keys?: string; icon?: ReactNode }
interface Entry { group: string; label: string; hint?: string | null; keys?: string; run: () => void; id: string }

/** Ctrl+K: records, pages, actions. What one types goes to the customer search; a `>` asks for actions only. */
export function Palette({ opened, onClose, actions, text, onText }: { opened: boolean; onClose: () => void; actions: Action[]; text: string; onText: (text: string) => void }) {
  const t = useShellTexts();
  const navigate = useNavigate();
  const { roles } = useSession();
  const [active, setActive] = useState(0);
  const only = text.startsWith('>');
  const wanted = (only ? text.slice(1) : text).trim();
  const [asked] = useDebouncedValue(wanted, 150);
  const search = !only && asked.length >= 2;
  const customers = useQuery({
    queryKey: ['palette', 'customers', asked], enabled: opened && search, placeholderData: keepPreviousData,
    queryFn: ({ signal }) => take(customerApi.GET('/api/customer/v1/customers', { params: { query: { q: asked, limit: 6 } }, signal })),
  });
  const campaigns = useQuery({
    queryKey: ['palette', 'campaigns', asked], enabled: opened && search, placeholderData: keepPreviousData, retry: false,
    queryFn: ({ signal }) => take(campaignApi.GET('/api/campaign/v1/campaigns', { params: { query: { text: asked, limit: 4 } }, signal })),
  });

  const entries = useMemo((): Entry[] => {
    const matches = (label: string) => label.toLowerCase().includes(wanted.toLowerCase());
    const go = (to: string) => () => void navigate(to);
    const list: Entry[] = [];
    if (!only && !wanted) {
      for (const one of recent()) list.push({ id: 'r' + one.to, group: t('groupRecent'), label: one.label, hint: t(one.kind), run: go(one.to) });
    }
    if (search && wanted.length >= 2) {
      for (const one of customers.data?.items ?? []) {
        list.push({ id: 'c' + one.id, group: t('groupCustomers'), label: one.displayName ?? '', hint: [one.number, one.phone, one.email, one.city].filter(Boolean).join(' · '), run: go(`/customers/${one.id}`) });
      }
      for (const one of campaigns.data?.items ?? []) list.push({ id: 'm' + one.id, group: t('groupCampaigns'), label: one.name, hint: t('campaign_' + one.state), run: go(`/campaigns/${one.id}`) });
    }
    for (const action of actions.filter((one) => matches(one.label))) list.push({ id: 'a' + action.label, group: t('groupActions'), ...action });
    if (!only) for (const room of roomsFor(roles).filter((one) => matches(t(one.label)))) {
      list.push({ id: 'p' + room.path, group: t('groupPages'), label: t('goTo', { place: t(room.label) }), keys: `G ${room.key.toUpperCase()}`, run: go(room.path) });
    }
    return list;
  }, [only, wanted, search, customers.data, campaigns.data, actions, navigate, roles, t]);

  useEffect(() => setActive(0), [wanted, entries.length]);
  useEffect(() => document.getElementById(`entry-${active}`)?.scrollIntoView({ block: 'nearest' }), [active]);

  function choose(entry: Entry | undefined) {
    if (!entry) return;
    onClose();
    entry.run();
  }

  return (
    <Modal opened={opened} onClose={onClose} size={640} padding={0} withCloseButton={false} yOffset="10vh" title={t('palette')} styles={{ header: { display: 'none' } }} transitionProps={{ duration: 80 }}>
      <TextInput id={FIELD} data-autofocus size="md" variant="unstyled" px="md" py={4} value={text} placeholder={t('paletteHint')} aria-label={t('palette')} maxLength={200}
        leftSection={<IconSearch size={18} />} leftSectionWidth={44} rightSection={customers.isFetching ? <Loader size="xs" /> : null} styles={{ input: { paddingLeft: 34 } }}
        role="combobox" aria-expanded aria-controls="palette-list" aria-activedescendant={`entry-${active}`}
        onChange={(event) => onText(event.currentTarget.value)}
        onKeyDown={(event) => {
          const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
          if (step) {
            event.preventDefault();
            setActive((now) => (now + step + entries.length) % Math.max(1, entries.length));
          } else if (event.key === 'Enter' && !(search && asked !== wanted)) {
            event.preventDefault();
            choose(entries[active]);
          }
        }} />
      <ScrollArea.Autosize mah="52vh" className={classes.list} viewportProps={{ tabIndex: -1 }}>
        <div role="listbox" id="palette-list" aria-label={t('palette')}>
          {entries.map((entry, index) => (
            <div key={entry.id} role="presentation">
              {entries[index - 1]?.group !== entry.group && <Text size="xs" c="dimmed" fw={600} px="md" pt="sm" pb={4} role="presentation">{entry.group}</Text>}
              <UnstyledButton id={`entry-${index}`} role="option" aria-selected={index === active} tabIndex={-1} className={classes.entry} data-active={index === active || undefined}
                onMouseMove={() => setActive(index)} onClick={() => choose(entry)}>
                <Text size="sm" truncate dir="auto">{entry.label}</Text>
                <Group gap="xs" wrap="nowrap" className={classes.hint}>
                  {entry.hint && <Text size="xs" c="dimmed" truncate>{entry.hint}</Text>}
                  {entry.keys && entry.keys.split(' ').map((key) => <Kbd key={key} size="xs">{key}</Kbd>)}
                </Group>
              </UnstyledButton>
            </div>
          ))}
        </div>
        {entries.length === 0 && !customers.isFetching && (
          <div className={classes.none} role="status">
            <Text size="sm" fw={600}>{t('nothingFound', { text: wanted })}</Text>
            <Text size="sm" c="dimmed">{t('nothingFoundHint')}</Text>
          </div>
        )}
      </ScrollArea.Autosize>
      <Group px="md" py={8} gap="md" className={classes.foot} visibleFrom="xs">
        <Badge variant="light" color="gray" size="sm" tt="none">↑↓</Badge><Badge variant="light" color="gray" size="sm" tt="none">Enter</Badge><Badge variant="light" color="gray" size="sm" tt="none">Esc</Badge>
      </Group>
    </Modal>
  );
}
