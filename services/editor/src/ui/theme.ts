/** Mantine in our colours: its own variables are pointed at the tokens. */

import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

const accent: MantineColorsTuple = [
  "#eeeefe",
  "#dcdcfb",
  "#b8b6f5",
  "#9390f0",
  "#7671ec",
  "#6259e8",
  "#4f46e5",
  "#4239cb",
  "#382fb4",
  "#2b249c",
];

const dark: MantineColorsTuple = [
  "#e8ebf0",
  "#bcc4d0",
  "#949eae",
  "#6b7687",
  "#414a59",
  "#2a303b",
  "#1e232c",
  "#161a21",
  "#0e1116",
  "#0a0c10",
];

/** The theme; `close` names the buttons that close a dialog or a message. */
export const themeWith = (close: string) =>
  createTheme({
    primaryColor: "accent",
    primaryShade: { light: 6, dark: 6 },
    colors: { accent, dark },
    defaultRadius: "md",
    cursorType: "pointer",
    respectReducedMotion: true,
    fontFamily:
      'Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
    fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, Consolas, monospace',
    headings: { fontWeight: "640" },
    components: {
      CloseButton: { defaultProps: { "aria-label": close } },
      Tooltip: { defaultProps: { withArrow: true, openDelay: 350, fz: "xs" } },
      Modal: {
        defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.35, blur: 2 } },
      },
      TextInput: { defaultProps: { size: "sm" } },
      ActionIcon: { defaultProps: { variant: "subtle", color: "gray" } },
    },
  });

const ours = {
  "--mantine-color-body": "var(--alur-surface)",
  "--mantine-color-text": "var(--alur-text)",
  "--mantine-color-dimmed": "var(--alur-text-2)",
  "--mantine-color-default-border": "var(--alur-border)",
  "--mantine-color-placeholder": "var(--alur-text-2)",
  "--mantine-color-anchor": "var(--alur-accent)",
  "--mantine-color-error": "var(--alur-bad)",
};

export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {},
  light: ours,
  dark: {
    ...ours,
    "--mantine-color-default": "var(--alur-surface-2)",
    "--mantine-color-default-hover": "var(--alur-border)",
  },
});
