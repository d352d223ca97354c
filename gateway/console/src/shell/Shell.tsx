import {
  ActionIcon, Alert, Anchor, AppShell, Avatar, Box, Breadcrumbs, Burger, Button, Group, Indicator, Kbd, Menu, Modal, NavLink, Popover, ScrollArea, SegmentedControl, Stack, Table, Text, Tooltip,
  UnstyledButton, useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure, useLocalStorage, useNetwork } from '@mantine/hooks';
import { IconBell, IconBook2, IconChevronsLeft, IconChevronsRight, IconHelp, IconLogout, IconPlus, IconSearch, IconWifiOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Suspense, useEffect, useMemo } from 'react';
import { Link, Outlet, useLocation, useNavigate } from 'react-router';
import { campaignApi, take } from '../api/client';
import { changeLanguage, type Language, useLanguage } from '../kit/i18n';
import { setDensity, useDensity } from '../kit/preferences';
import { Lines } from '../kit/States';
import { type Action, Palette } from './Palette';
import { useCrumbs } from './page';
import { roomsFor } from './rooms';
import { CASE_OPENERS, CUSTOMER_EDITORS, MARKETING, signOut, useMay, useSession } from './session';
import classes from './Shell.module.css';
import { type Binding, useShortcuts } from './shortcuts';
import { useShellTexts } from './texts';

const SHORTCUTS = [
  ['mod+K', 'keySearch'], ['/', 'keyFocusSearch'], ['C', 'keyCreate'], ['E', 'keyEdit'], ['mod+Enter', 'keySave'], ['J K', 'keyRows'], ['Enter', 'keyOpen'], ['Esc', 'keyClose'], ['?', 'keyHelp'],
] as const;

export function Shell() {
  const t = useShellTexts();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const language = useLanguage();
  const density = useDensity();
  const session = useSession();
  const rooms = roomsFor(session.roles);
  const { online } = useNetwork();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [narrow, setNarrow] = useLocalStorage({ key: 'rail', defaultValue: false, getInitialValueInEffect: false });
  const [menu, { toggle: toggleMenu, close: closeMenu }] = useDisclosure();
  const [palette, { open: openPalette, close: closePalette }] = useDisclosure();
  const [help, { open: openHelp, close: closeHelp }] = useDisclosure();
  const [creating, { open: openCreate, close: closeCreate, toggle: toggleCreate }] = useDisclosure();
  const [mayEdit, mayMarket, mayOpenCase] = [useMay(...CUSTOMER_EDITORS), useMay(...MARKETING), useMay(...CASE_OPENERS)];
  useEffect(closeMenu, [pathname, closeMenu]);

  const creations = useMemo(() => [
    ...(mayEdit ? [{ label: t('newCustomer'), to: '/customers/new' }] : []),
    ...(mayMarket ? [{ label: t('newCampaign'), to: '/campaigns/new' }, { label: t('newSegment'), to: '/segments/new' }, { label: t('newTemplate'), to: '/templates/new' }] : []),
    ...(mayOpenCase ? [{ label: t('newCase'), to: '/cases/new' }] : []),
    ...(mayEdit ? [{ label: t('importCustomers'), to: '/customers/import' }] : []),
  ], [mayEdit, mayMarket, mayOpenCase, t]);
  const actions = useMemo((): Action[] => [
    ...creations.map(({ label, to }) => ({ label, run: () => void navigate(to) })),
    { label: `${t('theme')}: ${t('light')}`, run: () => setColorScheme('light') },
    { label: `${t('theme')}: ${t('dark')}`, run: () => setColorScheme('dark') },
    { label: `${t('language')}: Bahasa Indonesia`, run: () => void changeLanguage('id') },
    { label: `${t('language')}: English`, run: () => void changeLanguage('en') },
    { label: `${t('density')}: ${t('compact')}`, run: () => setDensity('compact') },
    { label: `${t('density')}: ${t('comfortable')}`, run: () => setDensity('comfortable') },
    { label: t('shortcuts'), run: openHelp, keys: '?' },
    { label: t('signOut'), run: () => void signOut() },
  ], [creations, navigate, openHelp, setColorScheme, t]);

  const bindings: Binding = { 'mod+k': openPalette, '/': openPalette, '?': openHelp, c: openCreate };
  for (const room of rooms) bindings['g ' + room.key] = () => void navigate(room.path);
  useShortcuts(bindings);

  return (
    <AppShell layout="alt" header={{ height: 52 }} navbar={{ width: narrow ? 60 : 224, breakpoint: 'sm', collapsed: { mobile: !menu } }} padding={0}>
      <a href="#content" className={classes.skip}>{t('skip')}</a>
      <AppShell.Header className={classes.header}>
        <Group h="100%" px={{ base: 'sm', sm: 'lg' }} gap="sm" wrap="nowrap" justify="space-between">
          <Group gap="xs" wrap="nowrap" className={classes.where}>
            <Burger hiddenFrom="sm" size="sm" opened={menu} onClick={toggleMenu} aria-label={t('openNavigation')} />
            <Crumbs />
          </Group>
          <UnstyledButton className={classes.search} onClick={openPalette} aria-label={t('palette')}>
            <IconSearch size={16} aria-hidden /><span className={classes.searchText}>{t('searchEverything')}</span><Kbd size="xs" visibleFrom="md">Ctrl K</Kbd>
          </UnstyledButton>
          <Group gap={6} wrap="nowrap">
            {creations.length > 0 && (
              <Menu opened={creating} onClose={closeCreate} position="bottom-end" shadow="md">
                <Menu.Target>
                  <Button size="compact-md" leftSection={<IconPlus size={16} />} onClick={toggleCreate} className={classes.create} aria-label={t('create')}><span>{t('create')}</span></Button>
                </Menu.Target>
                <Menu.Dropdown>{creations.map(({ label, to }) => <Menu.Item key={to} onClick={() => void navigate(to)}>{label}</Menu.Item>)}</Menu.Dropdown>
              </Menu>
            )}
            <Notifications enabled={mayMarket} />
            <Tooltip label={`${t('help')} (?)`}><ActionIcon variant="subtle" color="gray" size="lg" onClick={openHelp} aria-label={t('help')} visibleFrom="xs"><IconHelp size={20} /></ActionIcon></Tooltip>
            <Menu position="bottom-end" width={260} shadow="md" closeOnItemClick={false}>
              <Menu.Target>
                <UnstyledButton aria-label={t('account', { name: session.name })} className={classes.avatar}><Avatar size={32} radius="xl" name={session.name.replace(/\(.*?\)/g, '').trim()} color="blue" /></UnstyledButton>
              </Menu.Target>
              <Menu.Dropdown>
                <Box px="sm" py="xs"><Text size="sm" fw={600} truncate>{session.name}</Text><Text size="xs" c="dimmed" truncate>{session.unit ?? session.email}</Text></Box>
                <Menu.Divider />
                <Stack gap="xs" px="sm" py="xs">
                  <Choice label={t('language')} value={language} onChange={(value) => void changeLanguage(value as Language)} data={[{ value: 'id', label: 'Indonesia' }, { value: 'en', label: 'English' }]} />
                  <Choice label={t('theme')} value={colorScheme} onChange={(value) => setColorScheme(value as 'light')} data={[{ value: 'light', label: t('light') }, { value: 'dark', label: t('dark') }, { value: 'auto', label: 'Auto' }]} />
                  <Choice label={t('density')} value={density} onChange={(value) => setDensity(value as 'compact')} data={[{ value: 'comfortable', label: t('comfortable') }, { value: 'compact', label: t('compact') }]} />
                </Stack>
                <Menu.Divider />
                <Menu.Item component="a" href="/docs" leftSection={<IconBook2 size={16} />}>{t('apiReference')}</Menu.Item>
                <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void signOut()}>{t('signOut')}</Menu.Item>
              </Menu.Dropdown>
            </Menu>
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar className={classes.rail} aria-label={t('navigation')} data-narrow={narrow || undefined}>
        <Group h={52} px={narrow ? 14 : 'md'} gap="xs" wrap="nowrap" className={classes.brand}>
          <span className={classes.mark} aria-hidden>C</span>{!narrow && <Text fw={700}>CRM Platform</Text>}
          <Burger hiddenFrom="sm" size="sm" opened={menu} onClick={toggleMenu} aria-label={t('openNavigation')} ml="auto" />
        </Group>
        <ScrollArea flex={1} type="never" viewportProps={{ tabIndex: -1 }}>
          <Stack gap={1} p={8}>
            {rooms.map((room, index) => {
              const current = room.path === '/' ? pathname === '/' : pathname === room.path || pathname.startsWith(room.path + '/');
              const starts = room.group && rooms[index - 1]?.group !== room.group;
              return (
                <div key={room.path}>
                  {starts && (narrow ? <div className={classes.line} /> : <Text className={classes.group}>{t(room.group!)}</Text>)}
                  <Tooltip label={t(room.label)} position="right" disabled={!narrow}>
                    <NavLink component={Link} to={room.path} label={narrow ? undefined : t(room.label)} active={current} aria-current={current ? 'page' : undefined}
                      aria-label={narrow ? t(room.label) : undefined} leftSection={<room.icon size={18} stroke={1.7} />} className={classes.link} />
                  </Tooltip>
                </div>
              );
            })}
          </Stack>
        </ScrollArea>
        <Box p={8} visibleFrom="sm" className={classes.bottom}>
          <ActionIcon variant="subtle" color="gray" onClick={() => setNarrow(!narrow)} aria-label={narrow ? t('expand') : t('collapse')}>{narrow ? <IconChevronsRight size={18} /> : <IconChevronsLeft size={18} />}</ActionIcon>
        </Box>
      </AppShell.Navbar>
      <AppShell.Main className={classes.main}>
        {!online && <Alert radius={0} color="orange" icon={<IconWifiOff size={18} />} role="status">{t('offline')}</Alert>}
        <main id="content" tabIndex={-1} className={classes.content}>
          <Suspense fallback={<Lines rows={8} height={20} />}><Outlet /></Suspense>
        </main>
      </AppShell.Main>
      <Palette opened={palette} onClose={closePalette} actions={actions} />
      <Modal opened={help} onClose={closeHelp} title={t('shortcuts')} size="md">
        <Table fz="sm" withRowBorders={false}>
          <Table.Tbody>
            {SHORTCUTS.map(([keys, label]) => <Table.Tr key={keys}><Table.Td>{t(label)}</Table.Td><Table.Td ta="right">{keys.replace('mod+', 'Ctrl+').split(' ').map((key) => <Kbd key={key} ml={4}>{key}</Kbd>)}</Table.Td></Table.Tr>)}
            {rooms.map((room) => <Table.Tr key={room.path}><Table.Td>{t('goTo', { place: t(room.label) })}</Table.Td><Table.Td ta="right"><Kbd>G</Kbd> {t('then')} <Kbd>{room.key.toUpperCase()}</Kbd></Table.Td></Table.Tr>)}
          </Table.Tbody>
        </Table>
      </Modal>
    </AppShell>
  );
}

function Choice({ label, ...control }: { label: string; value: string; onChange: (value: string) => void; data: { value: string; label: string }[] }) {
  return <div><Text size="xs" c="dimmed" mb={2}>{label}</Text><SegmentedControl size="xs" fullWidth aria-label={label} {...control} /></div>;
}

function Crumbs() {
  const t = useShellTexts();
  const crumbs = useCrumbs();
  return (
    <nav aria-label={t('breadcrumb')} className={classes.crumbs}>
      <Breadcrumbs separator="/" separatorMargin={6}>
        {crumbs.map((crumb, index) => index < crumbs.length - 1 && crumb.to
          ? <Anchor key={crumb.label + index} component={Link} to={crumb.to} size="sm" c="dimmed">{crumb.label}</Anchor>
          : <Text key={crumb.label + index} size="sm" fw={600} truncate aria-current="page">{crumb.label}</Text>)}
      </Breadcrumbs>
    </nav>
  );
}

/** What waits for the person: approvals asked for, marketing tasks past their day. Asked every half minute. */
function Notifications({ enabled }: { enabled: boolean }) {
  const t = useShellTexts();
  const approver = useMay('marketing-approver');
  const approvals = useQuery({
    queryKey: ['approvals'], enabled: enabled && approver, refetchInterval: 30_000, retry: false,
    queryFn: () => take(campaignApi.GET('/api/campaign/v1/approvals', { params: { query: { limit: 20 } } })),
  });
  const tasks = useQuery({
    queryKey: ['tasks', 'overdue'], enabled, refetchInterval: 60_000, retry: false,
    queryFn: () => take(campaignApi.GET('/api/campaign/v1/tasks', { params: { query: { overdue: true, limit: 20 } } })),
  });
  const items = [
    ...(approvals.data?.items ?? []).filter((one) => one.state === 'requested').map((one) => ({ id: one.id, text: t('approvalWaits', { name: one.campaignName }), to: `/campaigns/${one.campaignId}` })),
    ...(tasks.data?.items ?? []).map((one) => ({ id: one.id, text: t('taskOverdue', { name: one.title }), to: `/campaigns/${one.campaignId}` })),
  ];
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
