/** Search for everything: nodes, commands, workflows, executions, pages. */

import { useDebouncedValue } from "@mantine/hooks";
import {
  IconHistory,
  IconKey,
  IconShieldLock,
  IconSitemap,
  IconVariable,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useStore } from "zustand";
import { findWorkflows, recentExecutions, useMay } from "../../api/queries";
import { search } from "../../graph/search";
import { formatAgo } from "../../i18n/format";
import { Finder } from "../../ui/finder";
import { closePalette, type PaletteItem, palette } from "./palette-store";

const PAUSE = 150;
const SHOWN = 8;
/** As a person copies it from a log. */
const ID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/i;

interface Place {
  base: string;
  go: (path: string) => void;
}

/** What the parts of the page offer. A list of all nodes at once would hide the rest: they come with a query. */
function useOffered(query: string): PaletteItem[] {
  const { isOpen, sources } = useStore(palette);
  const all = useMemo(
    () => (isOpen ? [...sources].flatMap((source) => source()) : []),
    [isOpen, sources],
  );
  if (query) return search(all, query).slice(0, 3 * SHOWN);
  const perGroup = new Map<string, number>();
  return all.filter(({ group = "" }) => {
    const count = (perGroup.get(group) ?? 0) + 1;
    perGroup.set(group, count);
    return count <= SHOWN;
  });
}

function usePages({ base, go }: Place, query: string): PaletteItem[] {
  const { t } = useTranslation();
  const maySeeCredentials = useMay("credentials:read");
  const maySeeVariables = useMay("variables:read");
  const isAuditor = useMay("audit:read");
  const pages = [
    { path: `${base}/workflows`, label: t("app.workflows"), icon: IconSitemap },
    { path: `${base}/executions`, label: t("app.executions"), icon: IconHistory },
    ...(maySeeCredentials
      ? [{ path: `${base}/credentials`, label: t("app.credentials"), icon: IconKey }]
      : []),
    ...(maySeeVariables
      ? [{ path: `${base}/variables`, label: t("app.variables"), icon: IconVariable }]
      : []),
    ...(isAuditor ? [{ path: "/security", label: t("app.security"), icon: IconShieldLock }] : []),
  ].map(({ path, ...page }) => ({
    id: `page:${path}`,
    group: t("palette.pages"),
    run: () => go(path),
    ...page,
  }));
  return search(pages, query);
}

function useWorkflows(project: string, { base, go }: Place, query: string): PaletteItem[] {
  const { t } = useTranslation();
  const isOpen = useStore(palette, (state) => state.isOpen);
  const [settled] = useDebouncedValue(query.trim(), PAUSE);
  const { data } = useQuery({ ...findWorkflows(project, settled, SHOWN), enabled: isOpen });
  const found = (data?.items ?? []).map(({ metadata: { name }, spec }) => ({
    id: `workflow:${name}`,
    label: spec.title || name,
    code: name,
    description: spec.description,
    group: t("palette.workflows"),
    icon: IconSitemap,
    color: "var(--alur-flow)",
    run: () => go(`${base}/workflows/${encodeURIComponent(name)}`),
  }));
  // Until the server answers, what it found for fewer letters is shown: nobody shall choose that by mistake.
  return search(found, query);
}

function useExecutions(project: string, { base, go }: Place, query: string): PaletteItem[] {
  const { t } = useTranslation();
  const isOpen = useStore(palette, (state) => state.isOpen);
  const { data } = useQuery({ ...recentExecutions(project), enabled: isOpen });
  const known = (data?.items ?? []).map((execution) => ({
    id: `execution:${execution.id}`,
    label: execution.workflow,
    code: execution.id.slice(-12),
    description: `${t(`status.${execution.status}`)} · ${formatAgo(execution.acceptedAt)}`,
    group: t("palette.executions"),
    icon: IconHistory,
    run: () => go(`${base}/executions/${execution.id}`),
  }));
  if (!ID.test(query.trim())) return search(known, query).slice(0, query ? SHOWN : 3);
  const id = query.trim().toLowerCase();
  const run = () => go(`${base}/executions/${id}`);
  const label = t("palette.openExecution");
  return [{ id: `execution:${id}`, label, code: id, icon: IconHistory, run }];
}

export function Palette({ project }: { project: string }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const isOpen = useStore(palette, (state) => state.isOpen);
  const [query, setQuery] = useState("");
  const place: Place = {
    base: `/projects/${encodeURIComponent(project)}`,
    go: (path) => void navigate(path),
  };
  const items = [
    ...useOffered(query),
    ...useWorkflows(project, place, query),
    ...useExecutions(project, place, query),
    ...usePages(place, query),
  ];
  const close = () => {
    closePalette();
    setQuery("");
  };
  return (
    <Finder
      isOpen={isOpen}
      words={{
        title: t("palette.title"),
        search: t("palette.search"),
        list: t("palette.list"),
        none: t("palette.none", { query }),
        hint: t("palette.hint"),
      }}
      items={items}
      query={query}
      onQuery={setQuery}
      onChoose={(item) => {
        close();
        item.run();
      }}
      onClose={close}
    />
  );
}
