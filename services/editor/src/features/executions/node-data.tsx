/** The items of one node in one execution: run by run, in and out. */

import { Loader, SegmentedControl, Select, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { nodeRuns } from "../../api/queries";
import type { Item, NodeRun, NodeStatus } from "../../api/types";
import type { JsonObject } from "../../graph/document";
import { formatClock } from "../../i18n/format";
import { CodeEditor } from "../../ui/code-editor";
import { Failed } from "../../ui/failed";
import { FailureNotice } from "./failure-text";
import { ItemFiles } from "./item-files";
import { ItemTable } from "./item-table";
import classes from "./node-data.module.css";

type Mode = "table" | "json";

const SHOWN = 200;

/** Which execution is looked at. */
interface Of {
  project: string;
  execution: string;
}

interface ItemsProps {
  of: Of;
  items: Item[];
  total: number;
  mode: Mode;
  label: string;
}

function Items({ of, items, total, mode, label }: ItemsProps) {
  const { t } = useTranslation();
  const shown = items.slice(0, SHOWN);
  const values: JsonObject[] = shown.map(({ json }) => json);
  return (
    <>
      <ItemFiles {...of} items={shown} label={label} />
      {mode === "table" ? (
        <ItemTable items={values} label={label} />
      ) : (
        <CodeEditor
          language="json"
          label={label}
          value={JSON.stringify(values, null, 2)}
          maxHeight={100_000}
        />
      )}
      {total > shown.length && (
        <Text size="xs" c="dimmed" p="xs">
          {t("data.truncated", { count: shown.length })}
        </Text>
      )}
    </>
  );
}

interface SideProps {
  of: Of;
  title: string;
  ports: NodeRun["input"];
  /** How many items there are in all; a page of them is here. */
  counts: Record<string, number>;
  mode: Mode;
}

function Side({ of, title, ports, counts, mode }: SideProps) {
  const { t } = useTranslation();
  const names = Object.keys(counts);
  const [wanted, setWanted] = useState<string | null>(null);
  const fullest = names.find((name) => (counts[name] ?? 0) > 0) ?? names[0] ?? "main";
  const port = wanted !== null && names.includes(wanted) ? wanted : fullest;
  const items = ports[port] ?? [];
  return (
    <section className={classes.side} aria-label={title}>
      <header className={classes.sideHead}>
        <h3 className={classes.sideTitle}>{title}</h3>
        {names.length > 1 && (
          <SegmentedControl
            size="xs"
            aria-label={t("data.port", { port: title })}
            data={names.map((name) => ({
              value: name,
              label: `${name} · ${counts[name] ?? 0}`,
            }))}
            value={port}
            onChange={setWanted}
          />
        )}
        <span className={classes.count}>
          {t("editor.items", { count: counts[port] ?? items.length })}
        </span>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <div className={classes.scroll} tabIndex={0}>
        {items.length === 0 ? (
          <p className={classes.none}>{t("data.none")}</p>
        ) : (
          <Items of={of} items={items} total={counts[port] ?? 0} mode={mode} label={title} />
        )}
      </div>
    </section>
  );
}

function labelOf(run: NodeRun, index: number): string {
  return run.path === "" ? `#${index + 1}` : run.path;
}

interface Props extends Of {
  name: string;
  state: NodeStatus;
}

/** Read the runs, and again whenever the node's state moves on. */
function useRuns({ project, execution, name, state }: Props) {
  const client = useQueryClient();
  const options = nodeRuns(project, execution, name);
  const query = useQuery({ ...options, enabled: state !== "skipped" });
  const key = JSON.stringify(options.queryKey);
  useEffect(() => {
    if (state !== "skipped")
      void client.invalidateQueries({ queryKey: JSON.parse(key) as string[] });
  }, [client, key, state]);
  return query;
}

/** What the code wrote, line by line. */
function Logs({ lines }: { lines: NodeRun["logs"] }) {
  const { t } = useTranslation();
  const hasAttempts = lines.some(({ attempt }) => attempt > 1);
  return (
    <section className={classes.logs} aria-label={t("code.logs")}>
      <h3 className={classes.sideTitle} title={t("code.logsHint")}>
        {t("code.logs")}
      </h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <ol className={classes.lines} tabIndex={0}>
        {lines.map(({ at, attempt, text }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines may repeat, and none is ever moved
          <li key={index}>
            <time dateTime={at}>{formatClock(at)}</time>
            {hasAttempts && <span>{t("data.attempt", { count: attempt })}</span>}
            <code>{text}</code>
          </li>
        ))}
      </ol>
    </section>
  );
}

interface RunProps {
  of: Of;
  run: NodeRun;
  tools: ReactNode;
  mode: Mode;
}

function RunView({ of, run, tools, mode }: RunProps) {
  const { t } = useTranslation();
  return (
    <div className={classes.data}>
      <div className={classes.tools}>
        {tools}
        {run.attempts > 1 && (
          <Text size="xs" c="dimmed">
            {t("data.attempt", { count: run.attempts })}
          </Text>
        )}
      </div>
      {run.error && <FailureNotice error={{ ...run.error, node: null }} m="xs" p="xs" />}
      {run.logs.length > 0 && <Logs lines={run.logs} />}
      <div className={classes.sides}>
        <Side
          of={of}
          title={t("data.input")}
          ports={run.input}
          counts={run.counts.input}
          mode={mode}
        />
        <Side
          of={of}
          title={t("data.output")}
          ports={run.output}
          counts={run.counts.output}
          mode={mode}
        />
      </div>
    </div>
  );
}

function Runs({ of, runs }: { of: Of; runs: NodeRun[] }) {
  const { t } = useTranslation();
  const [mode, setMode] = useState<Mode>("table");
  const [picked, setPicked] = useState<string | null>(null);
  const index = picked === null ? runs.length - 1 : Number(picked);
  const run = runs[index];
  if (!run) return <p className={classes.none}>{t("data.noRun")}</p>;
  const tools = (
    <>
      <SegmentedControl
        size="xs"
        aria-label={t("data.view")}
        data={[
          { value: "table", label: t("data.table") },
          { value: "json", label: t("data.json") },
        ]}
        value={mode}
        onChange={(value) => setMode(value as Mode)}
      />
      {runs.length > 1 && (
        <Select
          size="xs"
          w={170}
          aria-label={t("data.path")}
          data={runs.map((each, place) => ({ value: String(place), label: labelOf(each, place) }))}
          value={String(index)}
          allowDeselect={false}
          onChange={setPicked}
        />
      )}
    </>
  );
  return <RunView of={of} run={run} tools={tools} mode={mode} />;
}

export function NodeData(props: Props) {
  const { t } = useTranslation();
  const { data, error, refetch } = useRuns(props);
  if (props.state === "skipped") return <p className={classes.none}>{t("data.skipped")}</p>;
  if (error) return <Failed error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loader size="sm" m="md" aria-label={t("app.loading")} />;
  return <Runs of={{ project: props.project, execution: props.execution }} runs={data.runs} />;
}
