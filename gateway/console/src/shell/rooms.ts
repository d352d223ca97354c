import {
  IconBellRinging, IconBuilding, IconChartDots3, IconChartHistogram, IconCompass, IconFileImport, IconForms, IconGift, IconGitMerge, IconHeadset, IconHome, IconListCheck, IconMail, IconMessage2, IconPackage, IconPlugConnected, IconRadar2, IconRepeat, IconReportAnalytics, IconRoute, IconSend, IconServer2, IconShieldLock, IconShoppingCart,
  IconUsers, IconUsersGroup,
} from '@tabler/icons-react';
import type { ComponentType } from 'react';
import { CUSTOMER_EDITORS, FIELD_DEFINERS, FORM_EDITORS, LIST_READERS, PRIVACY, REPORTERS } from './session';
import type { texts } from './texts';

export interface Room {
  path: string;
  label: keyof typeof texts;
  icon: ComponentType<{ size?: number | string; stroke?: number }>;
  /** G, then this key. */
  key: string;
  group?: keyof typeof texts;
  /** Who has any use for it; everybody where it is left out. */
  roles?: string[];
}

/** What the rail shows, in its order. A new feature adds a line here and its routes in App.tsx. */
export const rooms: Room[] = [
  { path: '/', label: 'home', icon: IconHome, key: 'h' },
  { path: '/customers', label: 'customers', icon: IconUsers, key: 'c' },
  { path: '/accounts', label: 'accounts', icon: IconBuilding, key: 'n' },
  { path: '/duplicates', label: 'duplicates', icon: IconGitMerge, key: 'u', group: 'data', roles: CUSTOMER_EDITORS },
  { path: '/imports', label: 'imports', icon: IconFileImport, key: 'i', group: 'data' },
  { path: '/privacy', label: 'privacy', icon: IconShieldLock, key: 'y', group: 'data', roles: PRIVACY },
  { path: '/custom-fields', label: 'customFields', icon: IconForms, key: 'q', group: 'data', roles: FIELD_DEFINERS },
  { path: '/campaigns', label: 'campaigns', icon: IconSend, key: 'm', group: 'marketing' },
  { path: '/segments', label: 'segments', icon: IconUsersGroup, key: 's', group: 'marketing' },
  { path: '/lists', label: 'staticLists', icon: IconListCheck, key: '1', group: 'marketing', roles: LIST_READERS },
  { path: '/templates', label: 'templates', icon: IconMail, key: 't', group: 'marketing' },
  { path: '/journeys', label: 'journeys', icon: IconRoute, key: 'j', group: 'marketing' },
  { path: '/analytics', label: 'analytics', icon: IconChartHistogram, key: 'a', group: 'analytics' },
  { path: '/alerts', label: 'alerts', icon: IconBellRinging, key: 'w', group: 'analytics' },
  { path: '/retention', label: 'retention', icon: IconRepeat, key: 'r', group: 'analytics' },
  { path: '/voice', label: 'voice', icon: IconMessage2, key: 'v', group: 'analytics' },
  { path: '/product-issues', label: 'issues', icon: IconRadar2, key: 'x', group: 'analytics' },
  { path: '/machine-segments', label: 'machineSegments', icon: IconChartDots3, key: 'e', group: 'analytics' },
  { path: '/reports', label: 'reports', icon: IconReportAnalytics, key: 'b', group: 'analytics', roles: REPORTERS },
  { path: '/steering', label: 'steering', icon: IconCompass, key: 'f', group: 'analytics' },
  { path: '/purchases', label: 'purchases', icon: IconShoppingCart, key: 'p', group: 'sales' },
  { path: '/products', label: 'products', icon: IconPackage, key: 'd', group: 'sales' },
  { path: '/cases', label: 'cases', icon: IconHeadset, key: 'k', group: 'service' },
  { path: '/loyalty', label: 'loyalty', icon: IconGift, key: 'l', group: 'service' },
  { path: '/ops', label: 'ops', icon: IconServer2, key: 'o', group: 'ops' },
  { path: '/integrations', label: 'integrations', icon: IconPlugConnected, key: 'z', group: 'ops', roles: FORM_EDITORS },
];

/** Pages that stand under another room than their address says. */
const ELSEWHERE: Record<string, string> = { '/customers/import': '/imports' };

/** The room a page belongs to. */
export const roomOf = (pathname: string) => ELSEWHERE[pathname] ?? rooms.findLast((room) => pathname === room.path || (room.path !== '/' && pathname.startsWith(room.path + '/')))?.path;

export const roomsFor = (roles: string[]) => rooms.filter((room) => !room.roles || room.roles.some((role) => roles.includes(role)));
