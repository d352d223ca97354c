import { ActionIcon, Anchor, Box, Indicator, Menu, Popover, SegmentedControl, Stack, Text, Tooltip, useMantineColorScheme } from '@mantine/core';
import { IconBell, IconBook2, IconHelp, IconLogout } from '@tabler/icons-react';
import { Link, useNavigate } from 'react-router';
import { chooseZone, zone } from '../kit/format';
import { changeLanguage, type Language, useLanguage } from '../kit/i18n';
import { setDensity, useDensity } from '../kit/preferences';
import { AccountButton, CreateButton } from './buttons';
import type { OpenedMenu } from './Shell';
import { useNotifications } from './notifications';
import { signOut, useSession } from './session';
import { useShellTexts } from './texts';

/** What can be created, what waits for the person, help, and the person's own settings. */
export function Menus({ creations, opened, onOpen, onHelp }: { creations: { label: string; to: string }[]; opened: OpenedMenu; onOpen: (menu: OpenedMenu) => void; onHelp: () => void }) {
  const t = useShellTexts();
  const navigate = useNavigate();
  const language = useLanguage();
  const density = useDensity();
  const session = useSession();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const control = (menu: OpenedMenu) => ({ opened: opened === menu, onChange: (open: boolean) => onOpen(open ? menu : null) });
  return (
    <>
      {creations.length > 0 && (
        <Menu position="bottom-end" shadow="md" {...control('create')}>
          <Menu.Target><CreateButton /></Menu.Target>
          <Menu.Dropdown>{creations.map(({ label, to }) => <Menu.Item key={to} onClick={() => void navigate(to)}>{label}</Menu.Item>)}</Menu.Dropdown>
        </Menu>
      )}
      <Notifications />
      <Tooltip label={`${t('help')} (?)`}><ActionIcon variant="subtle" color="gray" size="lg" onClick={onHelp} aria-label={t('help')} visibleFrom="xs"><IconHelp size={20} /></ActionIcon></Tooltip>
      <Menu position="bottom-end" width={260} shadow="md" closeOnItemClick={false} {...control('account')}>
        <Menu.Target><AccountButton name={session.name} /></Menu.Target>
        <Menu.Dropdown>
          <Box px="sm" py="xs"><Text size="sm" fw={600} truncate>{session.name}</Text><Text size="xs" c="dimmed" truncate>{session.unit ?? session.email}</Text></Box>
          <Menu.Divider />
          <Stack gap="xs" px="sm" py="xs">
            <Choice label={t('language')} value={language} onChange={(value) => void changeLanguage(value as Language)} data={[{ value: 'id', label: 'Indonesia' }, { value: 'en', label: 'English' }]} />
            <Choice label={t('theme')} value={colorScheme} onChange={(value) => setColorScheme(value as 'light')} data={[{ value: 'light', label: t('light') }, { value: 'dark', label: t('dark') }, { value: 'auto', label: t('auto') }]} />
            {/* The same language again: everything that is written is written anew, in the other zone. */}
            <Choice label={t('zone')} value={zone()} onChange={(value) => { chooseZone(value); void changeLanguage(language); }} data={[{ value: 'Asia/Jakarta', label: 'WIB' }, { value: 'Asia/Makassar', label: 'WITA' }, { value: 'Asia/Jayapura', label: 'WIT' }]} />
            <Choice label={t('density')} value={density} onChange={(value) => setDensity(value as 'compact')} data={[{ value: 'comfortable', label: t('comfortable') }, { value: 'compact', label: t('compact') }]} />
          </Stack>
          <Menu.Divider />
          <Menu.Item component="a" href="/docs" leftSection={<IconBook2 size={16} />}>{t('apiReference')}</Menu.Item>
          <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void signOut()}>{t('signOut')}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}

function Choice({ label, ...control }: { label: string; value: string; onChange: (value: string) => void; data: { value: string; label: string }[] }) {
  return <div><Text size="xs" c="dimmed" mb={2}>{label}</Text><SegmentedControl size="xs" fullWidth aria-label={label} {...control} /></div>;
}

/** What waits for the person: approvals asked for, marketing tasks past their day, cases and privacy requests that are late, dead letters. */
function Notifications() {
  const t = useShellTexts();
  const items = useNotifications();
  return (
    <Popover position="bottom-end" width={320} shadow="md">
      <Indicator disabled={items.length === 0} label={items.length} size={16} offset={4}>
        <Popover.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`${t('notifications')}${items.length ? `: ${items.length}` : ''}`}><IconBell size={20} /></ActionIcon>
        </Popover.Target>
      </Indicator>
      <Popover.Dropdown>
        <Text fw={600} size="sm" mb="xs">{t('notifications')}</Text>
        {items.length === 0 ? <Text size="sm" c="dimmed">{t('noNotifications')}</Text> : (
          <Stack gap={6}>{items.map((item) => <Anchor key={item.id} component={Link} to={item.to} size="sm">{item.text}</Anchor>)}</Stack>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}
