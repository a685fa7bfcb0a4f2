/** What an execution rests for: what its nodes wait for, and what a person has to decide. */

import { Button, Text } from "@mantine/core";
import { IconGavel, IconSend } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Doubt, Execution, Wait } from "../../api/types";
import { formatTime } from "../../i18n/format";
import { Guarded } from "../../ui/guarded";
import classes from "./executions-page.module.css";
import { ResolveDialog } from "./resolve-dialog";
import { SignalDialog } from "./signal-dialog";

interface Props {
  project: string;
  execution: Execution;
}

const keyOf = ({ node, path }: { node: string; path: string }): string => `${node}/${path}`;

interface RowProps {
  place: { node: string; path: string };
  children: ReactNode;
  action?: ReactNode;
}

function Row({ place, children, action }: RowProps) {
  return (
    <li className={classes.awaited}>
      <span className={classes.lineName}>
        {place.node}
        {place.path && <span className={classes.version}>{place.path}</span>}
      </span>
      <span className={classes.awaitedText}>{children}</span>
      {action}
    </li>
  );
}

function wordsFor({ signal, pool, until }: Wait) {
  if (signal) return until ? "executions.waitSignalUntil" : "executions.waitSignal";
  if (pool) return until ? "executions.waitPoolUntil" : "executions.waitPool";
  return until ? "executions.waitUntil" : "executions.waitMessage";
}

function useWords() {
  const { t } = useTranslation();
  return (wait: Wait): string => {
    const { signal, pool, until, children } = wait;
    if (children) return t("executions.waitChildren", { count: children.length });
    const when = until ? formatTime(until) : "";
    return t(wordsFor(wait), { signal: signal ?? "", pool: pool ?? "", when });
  };
}

const SHOWN_CHILDREN = 10;

function Children({ project, ids }: { project: string; ids: readonly string[] }) {
  const { t } = useTranslation();
  return ids.slice(0, SHOWN_CHILDREN).map((id, index) => (
    <Link
      key={id}
      className={classes.link}
      to={`/projects/${encodeURIComponent(project)}/executions/${encodeURIComponent(id)}`}
    >
      {t("executions.child", { number: index + 1 })}
    </Link>
  ));
}

function Waits({ project, execution }: Props) {
  const { t } = useTranslation();
  const words = useWords();
  const [open, setOpen] = useState<{ node: string; signal: string } | null>(null);
  const send = ({ node, signal }: Wait) =>
    signal && (
      <Guarded right="executions:execute">
        {(isRefused) => (
          <Button
            size="xs"
            leftSection={<IconSend size={14} />}
            disabled={isRefused}
            onClick={() => setOpen({ node, signal })}
          >
            {t("executions.signal")}
          </Button>
        )}
      </Guarded>
    );
  return (
    <section className={classes.card}>
      <h2 className={classes.cardTitle}>{t("executions.waitingFor")}</h2>
      <ul className={classes.awaitedList}>
        {execution.waits.map((wait) => (
          <Row key={keyOf(wait)} place={wait} action={send(wait)}>
            {words(wait)} <Children project={project} ids={wait.children ?? []} />
          </Row>
        ))}
      </ul>
      {open && (
        <SignalDialog
          project={project}
          execution={execution.id}
          {...open}
          onClose={() => setOpen(null)}
        />
      )}
    </section>
  );
}

function Doubts({ project, execution }: Props) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<Doubt | null>(null);
  return (
    <section className={classes.card}>
      <h2 className={classes.cardTitle}>{t("executions.inDoubt")}</h2>
      <Text size="sm" c="dimmed" px={18} pt={12}>
        {t("executions.inDoubtHint")}
      </Text>
      <ul className={classes.awaitedList}>
        {execution.doubts.map((doubt) => (
          <Row
            key={keyOf(doubt)}
            place={doubt}
            action={
              <Guarded right="executions:execute">
                {(isRefused) => (
                  <Button
                    size="xs"
                    leftSection={<IconGavel size={14} />}
                    disabled={isRefused}
                    onClick={() => setOpen(doubt)}
                  >
                    {t("executions.decide")}
                  </Button>
                )}
              </Guarded>
            }
          >
            {t("executions.unknownItems", {
              items: doubt.items.map((item) => item + 1).join(", "),
            })}
          </Row>
        ))}
      </ul>
      {open && (
        <ResolveDialog
          project={project}
          execution={execution.id}
          doubt={open}
          onClose={() => setOpen(null)}
        />
      )}
    </section>
  );
}

export function Awaited(props: Props) {
  const { waits, doubts } = props.execution;
  return (
    <>
      {doubts.length > 0 && <Doubts {...props} />}
      {waits.length > 0 && <Waits {...props} />}
    </>
  );
}
