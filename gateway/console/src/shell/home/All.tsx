import { Anchor } from '@mantine/core';
import { Link } from 'react-router';
import { useKitTexts } from '../../kit/texts';

export const All = ({ to }: { to: string }) => {
  const t = useKitTexts();
  return <Anchor component={Link} to={to} size="xs">{t('seeAll')}</Anchor>;
};
