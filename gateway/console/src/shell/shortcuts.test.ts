import { expect, it } from 'vitest';
import { readKey } from './shortcuts';
import { rooms } from './rooms';

const key = (key: string, more = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, ...more });

it('reads single keys, keys after G, and Ctrl or Cmd', () => {
  expect(readKey(key('c'), null)).toBe('c');
  expect(readKey(key('C'), 'g')).toBe('g c');
  expect(readKey(key('k', { ctrlKey: true }), null)).toBe('mod+k');
  expect(readKey(key('k', { metaKey: true }), 'g')).toBe('mod+k');
  expect(readKey(key('c', { altKey: true }), null)).toBeNull();
});

it('gives every room a key of its own', () => expect(new Set(rooms.map((room) => room.key)).size).toBe(rooms.length));
