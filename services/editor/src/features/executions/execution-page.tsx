/** One execution: what it was, how long each node took, what each node saw. */

import { Button, Center, Loader, Text, UnstyledButton } from "@mantine/core";
import { IconBan, IconRepeat, IconSitemap } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Fragment, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useParams } from "react-router";
import { ApiError } from "../../api/client";
import { execution as executionQuery, hasWorkflow, useExecutionAction } from "../../api/queries";
import { type Execution, FINAL, type NodeSummary } from "../../api/types";
import { type Bar, barsOf } from "../../graph/timeline";
import { formatDuration, formatTime } from "../../i18n/format";
import { CodeEditor } from "../../ui/code-editor";
import { Failed } from "../../ui/failed";
import { Guarded } from "../../ui/guarded";
import { NotFound } from "../../ui/not-found";
import { Page } from "../../ui/page";
import { StatusBadge } from "../../ui/status-badge";
import { tell, tellProblem } from "../../ui/tell";
import { Awaited } from "./awaited";
import classes from "./executions-page.module.css";
import { FailureNotice, FailureText } from "./failure-text";
import { NodeData } from "./node-data";
import { originOf, startedBy } from "./started-by";

interface Props {
  project: string;
  execution: Execution;
}

function CanvasButton({ project, execution }: Props) {
  const { t } = useTranslation();
  const { data } = useQuery(hasWorkflow(project, execution.workflow));
  if (data === false) {
    return (
      <Text size="sm" c="dimmed">
        {t("executions.workflowDeleted")}
      </Text>
    );
  }
  const base = `/projects/${encodeURIComponent(project)}`;
  return (
    <Button
      component={Link}
      to={`${base}/workflows/${encodeURIComponent(execution.workflow)}?run=${execution.id}`}
      variant="default"
      leftSection={<IconSitemap size={16} />}
    >
      {t("executions.canvas")}
    </Button>
  );
}

function Actions({ project, execution }: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const act = useExecutionAction(project);
  const base = `/projects/${encodeURIComponent(project)}`;
  const cancel = () =>
    act.mutate(
      { id: execution.id, action: "cancel" },
      { onSuccess: () => tell(t("executions.cancelled")), onError: tellProblem },
    );
  const replay = () =>
    act.mutate(
      { id: execution.id, action: "replay" },
      {
        onSuccess: (started) => {
          tell(t("executions.replayed"));
          if (started?.id) void navigate(`${base}/executions/${encodeURIComponent(started.id)}`);
        },
        onError: tellProblem,
      },
    );
  return (
    <>
      <CanvasButton project={project} execution={execution} />
      <Guarded right="executions:execute">
        {(isRefused) =>
          FINAL.has(execution.status) ? (
            <Button
              leftSection={<IconRepeat size={16} />}
              loading={act.isPending}
              disabled={isRefused}
              onClick={replay}
            >
              {t("executions.replay")}
            </Button>
          ) : (
            <Button
              color="red"
              variant="light"
              leftSection={<IconBan size={16} />}
              loading={act.isPending}
              disabled={isRefused}
              onClick={cancel}
            >
              {t("executions.cancel")}
            </Button>
          )
        }
      </Guarded>
    </>
  );
}

interface OtherProps {
  project: string;
  id: string;
  label: string;
}

function Other({ project, id, label }: OtherProps) {
  const to = `/projects/${encodeURIComponent(project)}/executions/${encodeURIComponent(id)}`;
  return (
    <Link to={to} className={classes.origin}>
      {label}
    </Link>
  );
}

function Origin({ project, execution }: Props) {
  const { t } = useTranslation();
  const origin = originOf(execution);
  const label = t(execution.cause ? "executions.cause" : "executions.origin");
  return (
    <div>
      <dt>{t("executions.trigger")}</dt>
      <dd>
        {startedBy(t, execution)}
        {origin && <Other project={project} id={origin} label={label} />}
      </dd>
    </div>
  );
}

function Facts({ project, execution }: Props) {
  const { t } = useTranslation();
  const facts: [string, string][] = [
    [t("executions.started"), formatTime(execution.startedAt)],
    [t("executions.duration"), formatDuration(execution.durationMs)],
    [t("executions.version", { version: "" }).trim(), `${execution.version}`],
    [t("executions.trace"), execution.traceId ?? "–"],
  ];
  return (
    <dl className={classes.facts}>
      <div>
        <dt>{t("executions.status")}</dt>
        <dd>
          <StatusBadge status={execution.status} />
        </dd>
      </div>
      <Origin project={project} execution={execution} />
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface LineProps {
  node: NodeSummary;
  bar: Bar | null;
  isOpen: boolean;
  onToggle: () => void;
}

function Line({ node, bar, isOpen, onToggle }: LineProps) {
  const { t } = useTranslation();
  return (
    <>
      <UnstyledButton className={classes.line} aria-expanded={isOpen} onClick={onToggle}>
        <span className={classes.lineName}>{node.name}</span>
        <StatusBadge status={node.status} />
        <span className={classes.track} aria-hidden>
          {bar && (
            <span
              className={classes.bar}
              data-status={node.status}
              style={{ left: `${bar.left}%`, width: `${bar.width}%` }}
            />
          )}
        </span>
        <span className={classes.number}>
          {formatDuration(node.durationMs)}
          <Text size="xs" c="dimmed">
            {t("editor.items", { count: node.items ?? 0 })}
            {node.runs && ` · ${t("editor.runs", { count: node.runs })}`}
          </Text>
        </span>
      </UnstyledButton>
      {node.error && (
        <p className={classes.fault}>
          <FailureText error={node.error} />
        </p>
      )}
    </>
  );
}

function Timeline({ project, execution }: Props) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<string | null>(null);
  const nodes = execution.nodes ?? [];
  const bars = barsOf(nodes, Date.now());
  return (
    <section className={classes.card}>
      <h2 className={classes.cardTitle}>{t("executions.timeline")}</h2>
      {nodes.length === 0 && (
        <Text c="dimmed" size="sm" p="md">
          {t("executions.noNodes")}
        </Text>
      )}
      {nodes.map((node, index) => (
        <Fragment key={node.name}>
          <Line
            node={node}
            bar={bars[index] ?? null}
            isOpen={open === node.name}
            onToggle={() => setOpen(open === node.name ? null : node.name)}
          />
          {open === node.name && (
            <div className={classes.data}>
              <NodeData
                project={project}
                execution={execution.id}
                name={node.name}
                state={node.status}
              />
            </div>
          )}
        </Fragment>
      ))}
    </section>
  );
}

function Output({ execution }: { execution: Execution }) {
  const { t } = useTranslation();
  if (execution.output === undefined || execution.output === null) return null;
  return (
    <section className={classes.card}>
      <h2 className={classes.cardTitle}>{t("executions.output")}</h2>
      <div className={classes.text}>
        <CodeEditor
          language="json"
          label={t("executions.output")}
          value={JSON.stringify(execution.output, null, 2)}
        />
      </div>
    </section>
  );
}

export function ExecutionPage() {
  const { t } = useTranslation();
  const { project = "", id = "" } = useParams();
  const { data, error, refetch } = useQuery(executionQuery(project, id));
  if (error instanceof ApiError && error.status === 404) return <NotFound />;
  if (error && !data) return <Failed error={error} onRetry={() => void refetch()} />;
  if (!data) {
    return (
      <Center h="100%">
        <Loader aria-label={t("app.loading")} />
      </Center>
    );
  }
  return (
    <Page
      title={data.workflow}
      lead={data.id}
      actions={<Actions project={project} execution={data} />}
    >
      {data.error && (
        <FailureNotice error={data.error} mb="lg" className={classes.failure}>
          {data.handler && (
            <Other project={project} id={data.handler} label={t("executions.handler")} />
          )}
        </FailureNotice>
      )}
      <div className={classes.card}>
        <Facts project={project} execution={data} />
      </div>
      <Awaited project={project} execution={data} />
      <Timeline project={project} execution={data} />
      <Output execution={data} />
    </Page>
  );
}
