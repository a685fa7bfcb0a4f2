/** Every execution of a project, newest first. */

import { Select, Text, Title } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, useParams, useSearchParams } from "react-router";
import { executions, workflows } from "../../api/queries";
import { EXECUTION_STATUSES, type ExecutionBrief } from "../../api/types";
import { formatAgo, formatDuration, formatTime } from "../../i18n/format";
import { EmptyState } from "../../ui/empty-state";
import { Failed } from "../../ui/failed";
import { LoadingRows, MoreRows } from "../../ui/list-parts";
import { Page } from "../../ui/page";
import { StatusBadge } from "../../ui/status-badge";
import classes from "./executions-page.module.css";
import { startedBy } from "./started-by";

function Row({ project, execution }: { project: string; execution: ExecutionBrief }) {
  const { t } = useTranslation();
  const to = `/projects/${encodeURIComponent(project)}/executions/${encodeURIComponent(execution.id)}`;
  const when = execution.startedAt ?? execution.acceptedAt;
  return (
    <tr>
      <td>
        <StatusBadge status={execution.status} />
      </td>
      <td>
        <Link to={to} className={classes.link}>
          {execution.workflow}
        </Link>
        <span className={classes.version}>v{execution.version}</span>
      </td>
      <td>{startedBy(t, execution)}</td>
      <td title={formatTime(when)}>{formatAgo(when)}</td>
      <td className={classes.number}>{formatDuration(execution.durationMs)}</td>
      <td className={classes.id}>{execution.id}</td>
    </tr>
  );
}

const COLUMNS = ["status", "workflow", "trigger", "started", "duration", "id"] as const;

function Table({ project, rows }: { project: string; rows: ExecutionBrief[] }) {
  const { t } = useTranslation();
  return (
    <div className={classes.scroll}>
      <table className={classes.table}>
        <thead>
          <tr>
            {COLUMNS.map((column) => (
              <th key={column} scope="col">
                {t(`executions.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((execution) => (
            <Row key={execution.id} project={project} execution={execution} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface Filter {
  workflow: string;
  status: string;
}

function List({ project, filter }: { project: string; filter: Filter }) {
  const { t } = useTranslation();
  const list = useInfiniteQuery(executions(project, filter));
  if (list.error) return <Failed error={list.error} onRetry={() => void list.refetch()} />;
  if (!list.data) return <LoadingRows />;
  const rows = list.data.pages.flatMap((page) => page.items);
  if (rows.length === 0) {
    const isFiltered = filter.workflow !== "" || filter.status !== "";
    return (
      <EmptyState icon={<IconHistory size={28} />}>
        <Title order={2} size="h4">
          {t("executions.emptyTitle")}
        </Title>
        <Text size="sm" c="dimmed">
          {t(isFiltered ? "executions.emptyFilter" : "executions.empty")}
        </Text>
      </EmptyState>
    );
  }
  return (
    <>
      <Table project={project} rows={rows} />
      <MoreRows list={list} />
    </>
  );
}

function Filters({ project, filter }: { project: string; filter: Filter }) {
  const { t } = useTranslation();
  const [, setSearch] = useSearchParams();
  const { data } = useInfiniteQuery(workflows(project));
  const names = (data?.pages ?? [])
    .flatMap((page) => page.items)
    .map(({ metadata }) => metadata.name);
  const change = (part: Partial<Filter>) => {
    const next = Object.entries({ ...filter, ...part }).filter(([, value]) => value !== "");
    setSearch(Object.fromEntries(next), { replace: true });
  };
  return (
    <>
      <Select
        aria-label={t("executions.filterWorkflow")}
        placeholder={t("executions.filterWorkflow")}
        data={[...new Set([...names, filter.workflow])].filter(Boolean)}
        value={filter.workflow || null}
        searchable
        clearable
        w={220}
        onChange={(workflow) => change({ workflow: workflow ?? "" })}
      />
      <Select
        aria-label={t("executions.filterStatus")}
        placeholder={t("executions.filterStatus")}
        data={EXECUTION_STATUSES.map((value) => ({ value, label: t(`status.${value}`) }))}
        value={filter.status || null}
        clearable
        w={150}
        onChange={(status) => change({ status: status ?? "" })}
      />
    </>
  );
}

export function ExecutionsPage() {
  const { t } = useTranslation();
  const { project = "default" } = useParams();
  const [search] = useSearchParams();
  const filter = { workflow: search.get("workflow") ?? "", status: search.get("status") ?? "" };
  return (
    <Page
      title={t("executions.title")}
      lead={t("executions.lead")}
      actions={<Filters project={project} filter={filter} />}
    >
      <div className={classes.card}>
        <List project={project} filter={filter} />
      </div>
    </Page>
  );
}
