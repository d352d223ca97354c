import { ActionIcon, Avatar, Badge, Box, Card, CopyButton, Group, Stack, Text, Title, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from './Record.module.css';
import { useKitTexts } from './texts';

interface Fact { label: string; value: ReactNode }

/** A record: sticky header with its key facts, a panel of fields, the main part, related cards. */
export function RecordPage({ title, type, icon, badge, facts, actions, panel, side, children }: {
  title: string; type: string; icon?: ReactNode; badge?: ReactNode; facts: Fact[]; actions?: ReactNode; panel?: ReactNode; side?: ReactNode; children: ReactNode;
}) {
  return (
    <article className={classes.page}>
      <header className={classes.header}>
        <Group gap="sm" wrap="nowrap" className={classes.title}>
          {icon ?? <Avatar radius="md" name={title} color="initials" size={44} aria-hidden />}
          <div className={classes.name}>
            <Text size="xs" c="dimmed" fw={600}>{type}</Text>
            <Group gap="xs" wrap="nowrap"><Title order={1} size="h3" className={classes.heading} dir="auto">{title}</Title>{badge}</Group>
          </div>
        </Group>
        <Group gap="xs" className={classes.actions}>{actions}</Group>
        <dl className={classes.facts}>
          {facts.map((fact) => (
            <div key={fact.label}><dt>{fact.label}</dt><dd>{fact.value ?? '–'}</dd></div>
          ))}
        </dl>
      </header>
      <div className={classes.zones} data-zones={(panel ? 1 : 0) + (side ? 1 : 0) + 1} data-side={side ? true : undefined}>
        {panel && <aside className={classes.panel}>{panel}</aside>}
        <div className={classes.main}>{children}</div>
        {side && <aside className={classes.side}><Stack gap="sm">{side}</Stack></aside>}
      </div>
    </article>
  );
}

/** Label and value, one under the other. */
export function Fields({ fields }: { fields: Fact[] }) {
  return (
    <dl className={classes.fields}>
      {fields.map((field) => (
        <div key={field.label}><dt>{field.label}</dt><dd dir="auto">{field.value == null || field.value === '' ? '–' : field.value}</dd></div>
      ))}
    </dl>
  );
}

export function Copyable({ value, short }: { value: string; short?: string }) {
  const t = useKitTexts();
  return (
    <Group gap={4} wrap="nowrap" component="span" display="inline-flex">
      <span className={classes.copied}>{short ?? value}</span>
      <CopyButton value={value}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? t('copied') : t('copy')}>
            <ActionIcon size="xs" variant="subtle" color="gray" onClick={copy} aria-label={`${t('copy')}: ${value}`}>{copied ? <IconCheck size={13} /> : <IconCopy size={13} />}</ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </Group>
  );
}

/** A related card: title, count, content, what one can do. */
export function Panel({ title, count, action, children, id }: { title: string; count?: ReactNode; action?: ReactNode; children: ReactNode; id?: string }) {
  return (
    <Card withBorder padding="sm" radius="md" component="section" aria-label={title} id={id}>
      <Group justify="space-between" mb="xs" wrap="nowrap">
        <Group gap={6}><Title order={2} size="h6">{title}</Title>{count != null && <Badge size="sm" variant="light" color="gray">{count}</Badge>}</Group>
        {action}
      </Group>
      <Box>{children}</Box>
    </Card>
  );
}
