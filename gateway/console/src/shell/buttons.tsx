import { Avatar, Button, type ButtonProps, UnstyledButton } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import type { ComponentPropsWithRef } from 'react';
import classes from './Shell.module.css';
import { useShellTexts } from './texts';

/** The button of the menu of what can be created. */
export function CreateButton(props: ButtonProps & ComponentPropsWithRef<'button'>) {
  const t = useShellTexts();
  return <Button size="compact-md" leftSection={<IconPlus size={16} />} className={classes.create} aria-label={t('create')} {...props}><span>{t('create')}</span></Button>;
}

/** The button of the person's own menu. */
export function AccountButton({ name, ...props }: { name: string } & ComponentPropsWithRef<'button'>) {
  const t = useShellTexts();
  return <UnstyledButton aria-label={t('account', { name })} className={classes.avatar} {...props}><Avatar size={32} radius="xl" name={name.replace(/\(.*?\)/g, '').trim()} color="blue" /></UnstyledButton>;
}
