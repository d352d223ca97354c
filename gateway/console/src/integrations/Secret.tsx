import { Alert, Button, Code, Group, Modal, Stack, Text } from '@mantine/core';
import { IconEye, IconRefresh } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { moment } from '../kit/format';
import { Copyable, Panel } from '../kit/Record';
import { Refusal } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { useIntegrationTexts } from './texts';

interface Props {
  generation: number;
  previousUntil: string | null;
  read: () => Promise<{ value: string }>;
  /** Makes a new secret; the page then knows the new generation. */
  rotate: () => Promise<unknown>;
  /** Shows it at once: it has just come into being. */
  fresh?: boolean;
}

/** A signing secret: asked for when somebody wants to see it, held by nothing but the open dialog. */
export function Secret({ generation, previousUntil, read, rotate, fresh }: Props) {
  const t = useIntegrationTexts();
  const kit = useKitTexts();
  const [asking, setAsking] = useState(false);
  const show = useMutation({ mutationFn: read, gcTime: 0 });
  const replace = useMutation({ mutationFn: rotate, onSuccess: () => { setAsking(false); show.mutate(); } });
  const begun = useRef(false);
  useEffect(() => {
    if (!fresh || begun.current) return;
    begun.current = true;
    show.mutate();
  }, [fresh, show]);
  const isPast = previousUntil !== null && Date.parse(previousUntil) < Date.now();
  return (
    <Panel title={t('secret')}>
      <Stack gap="xs">
        <Text size="xs" c="dimmed">{t('secretHint')}</Text>
        <Text size="sm">{t('generation', { number: generation })}{previousUntil && !isPast && <> · {t('previousUntil', { at: moment(previousUntil) })}</>}</Text>
        <Group gap="xs">
          <Button size="xs" variant="default" leftSection={<IconEye size={15} />} loading={show.isPending} onClick={() => show.mutate()}>{t('showSecret')}</Button>
          <Button size="xs" variant="default" leftSection={<IconRefresh size={15} />} onClick={() => setAsking(true)}>{t('rotate')}</Button>
        </Group>
        <Refusal error={show.error} />
      </Stack>
      <Modal opened={asking} onClose={() => setAsking(false)} title={t('rotate')} centered>
        <Stack>
          <Text size="sm">{t('rotateSure')}</Text>
          <Refusal error={replace.error} />
          <Group justify="flex-end"><Button variant="default" onClick={() => setAsking(false)}>{kit('cancel')}</Button><Button data-autofocus loading={replace.isPending} onClick={() => replace.mutate()}>{t('rotate')}</Button></Group>
        </Stack>
      </Modal>
      <Modal opened={show.data !== undefined} onClose={() => show.reset()} title={t('secret')} centered>
        {show.data && (
          <Stack>
            <Alert color="orange" variant="light">{t('secretOnce')}</Alert>
            <Code block tabIndex={0} aria-label={t('secret')} style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>{show.data.value}</Code>
            <Group justify="space-between"><Copyable value={show.data.value} short={kit('copy')} /><Button data-autofocus onClick={() => show.reset()}>{kit('close')}</Button></Group>
          </Stack>
        )}
      </Modal>
    </Panel>
  );
}
