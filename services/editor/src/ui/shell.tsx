/** The frame of every page for somebody who is signed in: the rail at the left, the page beside it. */

import { Center, Loader, Tooltip, UnstyledButton } from "@mantine/core";
import {
  IconHistory,
  IconKey,
  IconSearch,
  IconShieldLock,
  IconSitemap,
  IconVariable,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type ComponentType, lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Link, Navigate, NavLink, Outlet, useParams } from "react-router";
import { ApiError } from "../api/client";
import { me } from "../api/queries";
import type { Me } from "../api/types";
import { openPalette, usePaletteKey } from "../features/palette/palette-store";
import { AccountMenu } from "./account-menu";
import { Failed } from "./failed";
import { Logo } from "./logo";
import { MOD } from "./mod";
import classes from "./shell.module.css";

const LazyPalette = lazy(async () => ({
  default: (await import("../features/palette/palette")).Palette,
}));

const PROJECT_KEY = "alur-project";

/** Send `/` to the project that was open last, or the first one. */
export function HomeRedirect() {
  const { data } = useQuery(me);
  if (!data) return null;
  const names = data.projects;
  const last = localStorage.getItem(PROJECT_KEY);
  const project = last && names.includes(last) ? last : (names[0] ?? "default");
  return <Navigate to={`/projects/${encodeURIComponent(project)}/workflows`} replace />;
}

interface RailLinkProps {
  to: string;
  label: string;
  icon: ComponentType<{ size: number; stroke: number }>;
}

function RailLink({ to, label, icon: Icon }: RailLinkProps) {
  return (
    <Tooltip label={label} position="right">
      <NavLink to={to} className={classes.link} aria-label={label}>
        <Icon size={21} stroke={1.7} />
      </NavLink>
    </Tooltip>
  );
}

function SearchButton() {
  const { t } = useTranslation();
  return (
    <Tooltip label={`${t("palette.open")}  ${MOD} K`} position="right">
      <UnstyledButton className={classes.link} aria-label={t("palette.open")} onClick={openPalette}>
        <IconSearch size={21} stroke={1.7} />
      </UnstyledButton>
    </Tooltip>
  );
}

function Rail({ person, project }: { person: Me; project: string }) {
  const { t } = useTranslation();
  const base = `/projects/${encodeURIComponent(project)}`;
  return (
    <nav className={classes.rail} aria-label={t("app.name")}>
      <Link to="/" className={classes.logo} aria-label={t("app.name")}>
        <Logo size={32} />
      </Link>
      <SearchButton />
      <RailLink to={`${base}/workflows`} label={t("app.workflows")} icon={IconSitemap} />
      <RailLink to={`${base}/executions`} label={t("app.executions")} icon={IconHistory} />
      {person.may.includes("credentials:read") && (
        <RailLink to={`${base}/credentials`} label={t("app.credentials")} icon={IconKey} />
      )}
      {person.may.includes("variables:read") && (
        <RailLink to={`${base}/variables`} label={t("app.variables")} icon={IconVariable} />
      )}
      {person.may.includes("audit:read") && (
        <RailLink to="/security" label={t("app.security")} icon={IconShieldLock} />
      )}
      <div className={classes.spring} />
      <AccountMenu person={person} project={project} />
    </nav>
  );
}

export function Shell() {
  const { t } = useTranslation();
  const { project } = useParams();
  const { data, error, refetch } = useQuery(me);
  usePaletteKey();
  if (error instanceof ApiError && error.status === 401) return <Navigate to="/sign-in" replace />;
  if (error) return <Failed error={error} onRetry={() => void refetch()} />;
  if (!data) {
    return (
      <Center h="100%">
        <Loader aria-label={t("app.loading")} />
      </Center>
    );
  }
  const shown = project ?? data.projects[0] ?? "default";
  if (project) localStorage.setItem(PROJECT_KEY, project);
  return (
    <div className={classes.frame}>
      <a href="#page" className={classes.skip}>
        {t("app.skip")}
      </a>
      <Rail person={data} project={shown} />
      <main id="page" className={classes.page} tabIndex={-1}>
        <Outlet />
      </main>
      <Suspense>
        <LazyPalette project={shown} />
      </Suspense>
    </div>
  );
}
