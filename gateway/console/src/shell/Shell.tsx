import { ActionIcon, Alert, Anchor, AppShell, Box, Breadcrumbs, Burger, Group, Kbd, Stack, Text, UnstyledButton, useMantineColorScheme } from '@mantine/core';
import { useDisclosure, useLocalStorage, useNetwork } from '@mantine/hooks';
import { IconBell, IconChevronDown, IconChevronsLeft, IconChevronsRight, IconHelp, IconSearch, IconWifiOff } from '@tabler/icons-react';
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from 'react';
import { Link, Outlet, useLocation, useNavigate } from 'react-router';
import { changeLanguage } from '../kit/i18n';
import { afterPaint } from '../kit/later';
import { setDensity } from '../kit/preferences';
import { Lines } from '../kit/States';
import { useHappenings } from './happenings';
import type { Action } from './Palette';
import { useCrumbs } from './page';
import { roomOf, roomsFor } from './rooms';
import { CASE_OPENERS, CUSTOMER_EDITORS, MARKETING, signOut, useMay, useSession } from './session';
import classes from './Shell.module.css';
import { AccountButton, CreateButton } from './buttons';
import { type Binding, useShortcuts } from './shortcuts';
import { useShellTexts } from './texts';
import { useTypedAhead } from './typedAhead';

// What opens over the page: its scripts come after the page has been painted, what it shows when it is first opened.
const Menus = lazy(() => afterPaint().then(() => import('./Menus')).then((module) => ({ default: module.Menus })));
const Palette = lazy(() => import('./Palette').then((module) => ({ default: module.Palette })));
const Help = lazy(() => import('./Help').then((module) => ({ default: module.Help })));

/** Once true, always true: what was opened stays, so that it can close with its transition. */
function useEver(now: boolean) {
  const [ever, setEver] = useState(now);
  if (now && !ever) setEver(true);
  return ever || now;
}

export function Shell() {
  const t = useShellTexts();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const session = useSession();
  const rooms = roomsFor(session.roles);
  const { online } = useNetwork();
  const { setColorScheme } = useMantineColorScheme();
  const [narrow, setNarrow] = useLocalStorage({ key: 'rail', defaultValue: false, getInitialValueInEffect: false });
  const [folded, setFolded] = useLocalStorage<string[]>({ key: 'rail.folded', defaultValue: [], getInitialValueInEffect: false });
  const here = roomOf(pathname);
  const [menu, { toggle: toggleMenu, close: closeMenu }] = useDisclosure();
  const [palette, { open: openPalette, close }] = useDisclosure();
  const [typed, setTyped] = useState('');
  const closePalette = useCallback(() => { close(); setTyped(''); }, [close]);
  useTypedAhead(palette, setTyped, closePalette);
  useHappenings();
  const [help, { open: openHelp, close: closeHelp }] = useDisclosure();
  const [opened, setOpened] = useState<OpenedMenu>(null);
  const [everPalette, everHelp] = [useEver(palette), useEver(help)];
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

  const bindings: Binding = { 'mod+k': openPalette, '/': openPalette, '?': openHelp, c: () => setOpened('create') };
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
            <Suspense fallback={<MenuButtons creates={creations.length > 0} name={session.name} onOpen={setOpened} onHelp={openHelp} />}>
              <Menus creations={creations} opened={opened} onOpen={setOpened} onHelp={openHelp} />
            </Suspense>
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar className={classes.rail} aria-label={t('navigation')} data-narrow={narrow || undefined}>
        <Group h={52} px={narrow ? 14 : 'md'} gap="xs" wrap="nowrap" className={classes.brand}>
          <span className={classes.mark} aria-hidden>C</span>{!narrow && <Text fw={700}>CRM Platform</Text>}
          <Burger hiddenFrom="sm" size="sm" opened={menu} onClick={toggleMenu} aria-label={t('openNavigation')} ml="auto" />
        </Group>
        <div className={classes.rooms} tabIndex={-1}>
          <Stack gap={1} p={8}>
            {rooms.map((room, index) => {
              const current = room.path === here;
              const group = room.group;
              const starts = group && rooms[index - 1]?.group !== group;
              // The room one is in is always seen, and a rail of icons has nothing to fold.
              const hidden = !narrow && !current && group !== undefined && folded.includes(group);
              return (
                <div key={room.path}>
                  {starts && (narrow ? <div className={classes.line} /> : (
                    <UnstyledButton className={classes.group} aria-expanded={!folded.includes(group)} onClick={() => setFolded(folded.includes(group) ? folded.filter((one) => one !== group) : [...folded, group])}>
                      {t(group)}<IconChevronDown size={13} aria-hidden />
                    </UnstyledButton>
                  ))}
                  {!hidden && <Link ref={current ? showInRail : undefined} to={room.path} className={classes.link} aria-current={current ? 'page' : undefined} aria-label={narrow ? t(room.label) : undefined} title={narrow ? t(room.label) : undefined}>
                    <room.icon size={18} stroke={1.7} />{!narrow && <span>{t(room.label)}</span>}
                  </Link>}
                </div>
              );
            })}
          </Stack>
        </div>
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
      <Suspense>
        {everPalette && <Palette opened={palette} onClose={closePalette} actions={actions} text={typed} onText={setTyped} />}
        {everHelp && <Help opened={help} onClose={closeHelp} rooms={rooms} />}
      </Suspense>
    </AppShell>
  );
}

/** The rail is longer than a small screen: the room one is in scrolls into sight. */
const showInRail = (link: HTMLAnchorElement | null) => link?.scrollIntoView?.({ block: 'nearest' });

export type OpenedMenu = 'create' | 'account' | null;

/** The buttons of the menus until these are there; what is pressed meanwhile opens then. */
function MenuButtons({ creates, name, onOpen, onHelp }: { creates: boolean; name: string; onOpen: (menu: OpenedMenu) => void; onHelp: () => void }) {
  const t = useShellTexts();
  return (
    <>
      {creates && <CreateButton onClick={() => onOpen('create')} />}
      <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('notifications')}><IconBell size={20} /></ActionIcon>
      <ActionIcon variant="subtle" color="gray" size="lg" onClick={onHelp} aria-label={t('help')} visibleFrom="xs"><IconHelp size={20} /></ActionIcon>
      <AccountButton name={name} onClick={() => onOpen('account')} />
    </>
  );
}

function Crumbs() {
  const t = useShellTexts();
  const crumbs = useCrumbs();
  return (
    <nav aria-label={t('breadcrumb')} className={classes.crumbs}>
      <Breadcrumbs separator="/" separatorMargin={6}>
        {crumbs.map((crumb, index) => index < crumbs.length - 1 && crumb.to
          ? <Anchor key={crumb.label + index} component={Link} to={crumb.to} size="sm" c="dimmed" className={classes.crumb}>{crumb.label}</Anchor>
          : <Text key={crumb.label + index} size="sm" fw={600} truncate aria-current="page" className={classes.crumb}>{crumb.label}</Text>)}
      </Breadcrumbs>
    </nav>
  );
}
