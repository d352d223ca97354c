import { useComputedColorScheme, useMantineTheme } from '@mantine/core';
import { BarChart, HeatmapChart, LineChart } from 'echarts/charts';
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, VisualMapComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';
import { compact, number } from './format';
import { useLanguage } from './i18n';

use([BarChart, LineChart, HeatmapChart, GridComponent, TooltipComponent, LegendComponent, MarkLineComponent, VisualMapComponent, AriaComponent, CanvasRenderer]);

export interface ChartProps { option: EChartsCoreOption; height?: number; label: string; onClick?: (dataIndex: number, seriesIndex: number) => void }

interface Series { type?: string; label?: { position?: string }; data?: [number, number, number][] }

const HEAT = { light: ['#e4effc', '#69acf6', '#1c4fc4'], dark: ['#1d2c42', '#2a62b8', '#8ec5ff'] };

/** A heat map's numbers are read against their own cell: dark on a light one, light on a dark one. */
function heat(series: Series, most: number, dark: boolean) {
  const deep = (value: number) => value / (most || 1) > (dark ? 0.72 : 0.62);
  return {
    ...series, itemStyle: { borderColor: dark ? '#1b1c1f' : '#fff', borderWidth: 2, borderRadius: 4 }, emphasis: { itemStyle: { borderColor: '#228be6' } },
    // In the light theme the deep cells are dark, in the dark theme they are light.
    data: series.data?.map((value) => ({ value, label: { color: deep(value[2]) === dark ? '#0b1f3a' : '#fff' } })),
    label: { fontSize: 12, textBorderWidth: 0, ...series.label },
  };
}

/** Draws with ECharts in the colours of the theme. The table beside it (see ChartCard) is what assistive technology reads. */
export default function Chart({ option, height = 280, label, onClick }: ChartProps) {
  const element = useRef<HTMLDivElement>(null);
  // Also where the system changes it by itself, at dusk.
  const dark = useComputedColorScheme('light', { getInitialValueInEffect: false }) === 'dark';
  const theme = useMantineTheme();
  const language = useLanguage();
  useEffect(() => {
    const ink = dark ? '#c9cdd4' : '#495057';
    const line = dark ? '#373a40' : '#e4e7eb';
    const axis = { axisLabel: { color: ink }, nameTextStyle: { color: ink }, axisLine: { lineStyle: { color: line } }, splitLine: { lineStyle: { color: line } } };
    const chart = init(element.current!, undefined, { renderer: 'canvas' });
    const given = option as Record<string, unknown>;
    const figure = (value: number) => (Math.abs(value) >= 10_000 ? compact(value) : number(value, 2));
    const styled = (value: unknown) => ([value].flat().filter(Boolean) as { type?: string; axisLabel?: object; nameTextStyle?: object }[])
      .map((one) => ({ ...axis, ...one, axisLabel: { color: ink, ...(one.type === 'value' ? { formatter: figure } : {}), ...one.axisLabel }, nameTextStyle: { color: ink, ...one.nameTextStyle } }));
    const scale = given.visualMap as { min?: number; max?: number } | undefined;
    const labelled = ([given.series].flat().filter(Boolean) as Series[]).map((one) => {
      if (one.type === 'heatmap') return heat(one, scale?.max ?? 1, dark);
      const drawn = one.type === 'bar' ? { barMaxWidth: 56, ...one } : one;
      return one.label?.position ? { ...drawn, label: { color: ink, textBorderWidth: 0, ...one.label } } : drawn;
    });
    chart.setOption({
      // Ten, neighbours far apart: two series of one stack must not look the same.
      color: (['blue', 'teal', 'orange', 'grape', 'yellow', 'red', 'cyan', 'lime', 'indigo', 'pink'] as const).map((name) => theme.colors[name][6]),
      textStyle: { fontFamily: theme.fontFamily, color: ink },
      animationDuration: matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 300,
      // A bar's figure stands behind it.
      grid: { left: 8, right: labelled.some((one) => one.label?.position === 'right') ? 52 : 16, top: 28, bottom: 8, containLabel: true },
      aria: { enabled: false },
      ...given,
      ...(scale ? { visualMap: { min: 0, show: false, inRange: { color: dark ? HEAT.dark : HEAT.light }, ...scale } } : {}),
      tooltip: {
        backgroundColor: dark ? '#25262b' : '#fff', borderColor: line, textStyle: { color: dark ? '#e9ecef' : '#212529' }, renderMode: 'richText',
        ...(given.tooltip as object),
      },
      legend: given.legend ? { textStyle: { color: ink }, ...(given.legend as object) } : undefined,
      ...(given.xAxis ? { xAxis: styled(given.xAxis) } : {}),
      ...(given.yAxis ? { yAxis: styled(given.yAxis) } : {}),
      series: labelled,
    });
    if (onClick) chart.on('click', (event) => onClick(event.dataIndex as number, event.seriesIndex ?? 0));
    const resize = new ResizeObserver(() => chart.resize());
    resize.observe(element.current!);
    return () => {
      resize.disconnect();
      chart.dispose();
    };
  }, [option, dark, theme, language, onClick]);
  return <div ref={element} style={{ height }} role="img" aria-label={label} />;
}
