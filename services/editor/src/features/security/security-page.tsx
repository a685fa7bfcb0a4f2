/** What was refused or stopped lately, for those who may read the audit log. */

import { Select, Text, Title } from "@mantine/core";
import {
  IconAlertTriangle,
  IconClockStop,
  IconCode,
  IconFingerprint,
  IconKey,
  IconLock,
  IconLogin,
  IconShieldCheck,
  IconWorldOff,
} from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { memberNames, securityEvents, useMay } from "../../api/queries";
import { SECURITY_EVENT_KINDS, type SecurityEvent, type SecurityEventKind } from "../../api/types";
import { formatAgo, formatTime } from "../../i18n/format";
import { EmptyState } from "../../ui/empty-state";
import { Failed } from "../../ui/failed";
import { LoadingRows, MoreRows } from "../../ui/list-parts";
import { NoRight } from "../../ui/no-right";
import { Page } from "../../ui/page";
import tables from "../executions/executions-page.module.css";
import classes from "./security-page.module.css";

const RIGHT = "audit:read";

const ICONS = {
  "code-stopped": IconCode,
  "address-refused": IconWorldOff,
  "credential-refused": IconKey,
  "proof-refused": IconFingerprint,
  "event-refused": IconFingerprint,
  "rate-limited": IconClockStop,
  "permission-refused": IconLock,
  "sign-in-refused": IconLogin,
} satisfies Record<SecurityEventKind, typeof IconLock>;

const COLUMNS = ["when", "kind", "what", "who", "where"] as const;

/** The workflow and the execution in which it happened, as far as there are any. */
function Where({ event }: { event: SecurityEvent }) {
  const { t } = useTranslation();
  const { project, workflow, execution, node } = event;
  if (!project || !workflow) return <Text c="dimmed">–</Text>;
  const base = `/projects/${encodeURIComponent(project)}`;
  return (
    <>
      <Link className={tables.link} to={`${base}/workflows/${encodeURIComponent(workflow)}`}>
        {workflow}
      </Link>
      {node && <span className={tables.version}>{node}</span>}
      {execution && (
        <div>
          <Link
            className={classes.execution}
            to={`${base}/executions/${encodeURIComponent(execution)}`}
          >
            {t("security.execution", { id: execution.slice(-12) })}
          </Link>
        </div>
      )}
    </>
  );
}

function Row({ event }: { event: SecurityEvent }) {
  const { t } = useTranslation();
  const Icon = ICONS[event.kind] ?? IconAlertTriangle;
  const { data: names } = useQuery(memberNames);
  const who = [names?.get(event.who ?? "") ?? event.who, event.source].filter(Boolean).join(" · ");
  return (
    <tr>
      <td title={formatTime(event.lastAt)}>
        {formatAgo(event.lastAt)}
        {event.count > 1 && (
          <div className={classes.count}>
            {t("security.times", { count: event.count, since: formatTime(event.firstAt) })}
          </div>
        )}
      </td>
      <td>
        <span className={classes.kind}>
          <Icon size={16} aria-hidden />
          {t(`security.kinds.${event.kind}`)}
        </span>
      </td>
      <td>
        <div className={classes.what}>
          {event.target}
          <Text size="xs" c="dimmed">
            {event.reason}
          </Text>
        </div>
      </td>
      <td>{who || "–"}</td>
      <td>
        <Where event={event} />
      </td>
    </tr>
  );
}

function Table({ rows }: { rows: SecurityEvent[] }) {
  const { t } = useTranslation();
  return (
    <div className={tables.scroll}>
      <table className={tables.table}>
        <thead>
          <tr>
            {COLUMNS.map((column) => (
              <th key={column} scope="col">
                {t(`security.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((event) => (
            <Row key={event.number} event={event} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Empty({ isFiltered }: { isFiltered: boolean }) {
  const { t } = useTranslation();
  return (
    <EmptyState icon={<IconShieldCheck size={28} />}>
      <Title order={2} size="h4">
        {t("security.emptyTitle")}
      </Title>
      <Text size="sm" c="dimmed">
        {t(isFiltered ? "security.emptyFilter" : "security.empty")}
      </Text>
    </EmptyState>
  );
}

function List({ kind }: { kind: string }) {
  const list = useInfiniteQuery(securityEvents(kind));
  if (list.error) return <Failed error={list.error} onRetry={() => void list.refetch()} />;
  if (!list.data) return <LoadingRows />;
  const rows = list.data.pages.flatMap((page) => page.items);
  if (rows.length === 0) return <Empty isFiltered={kind !== ""} />;
  return (
    <>
      <Table rows={rows} />
      <MoreRows list={list} />
    </>
  );
}

export function SecurityPage() {
  const { t } = useTranslation();
  const [search, setSearch] = useSearchParams();
  const kind = search.get("kind") ?? "";
  if (!useMay(RIGHT)) {
    return (
      <Page title={t("security.title")} lead={t("security.lead")}>
        <NoRight right={RIGHT} />
      </Page>
    );
  }
  return (
    <Page
      title={t("security.title")}
      lead={t("security.lead")}
      actions={
        <Select
          aria-label={t("security.filter")}
          placeholder={t("security.filter")}
          data={SECURITY_EVENT_KINDS.map((value) => ({
            value,
            label: t(`security.kinds.${value}`),
          }))}
          value={kind || null}
          clearable
          w={240}
          onChange={(chosen) => setSearch(chosen ? { kind: chosen } : {}, { replace: true })}
        />
      }
    >
      <div className={tables.card}>
        <List kind={kind} />
      </div>
    </Page>
  );
}
