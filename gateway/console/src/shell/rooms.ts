import {
  IconChartHistogram, IconGift, IconHeadset, IconHome, IconMail, IconPackage, IconRoute, IconSend, IconServer2, IconShoppingCart, IconUsers, IconUsersGroup,
} from '@tabler/icons-react';
import type { ComponentType } from 'react';
import type { texts } from './texts';

export interface Room {
  path: string;
  label: keyof typeof texts;
  icon: ComponentType<{ size?: number | string; stroke?: number }>;
  /** G, then this key. */
  key: string;
  group?: keyof typeof texts;
}

/** What the rail shows, in its order. A new feature adds a line here and its routes in App.tsx. */
export const rooms: Room[] = [
  { path: '/', label: 'home', icon: IconHome, key: 'h' },
  { path: '/customers', label: 'customers', icon: IconUsers, key: 'c' },
  { path: '/campaigns', label: 'campaigns', icon: IconSend, key: 'm', group: 'marketing' },
  { path: '/segments', label: 'segments', icon: IconUsersGroup, key: 's', group: 'marketing' },
  { path: '/templates', label: 'templates', icon: IconMail, key: 't', group: 'marketing' },
  { path: '/journeys', label: 'journeys', icon: IconRoute, key: 'j', group: 'marketing' },
  { path: '/analytics', label: 'analytics', icon: IconChartHistogram, key: 'a', group: 'analytics' },
  { path: '/purchases', label: 'purchases', icon: IconShoppingCart, key: 'p', group: 'sales' },
  { path: '/products', label: 'products', icon: IconPackage, key: 'd', group: 'sales' },
  { path: '/cases', label: 'cases', icon: IconHeadset, key: 'k', group: 'service' },
  { path: '/loyalty', label: 'loyalty', icon: IconGift, key: 'l', group: 'service' },
  { path: '/ops', label: 'ops', icon: IconServer2, key: 'o', group: 'ops' },
];
