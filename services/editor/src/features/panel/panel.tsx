/** The properties of the chosen node. */

import { ActionIcon, Tabs, Tooltip } from "@mantine/core";
import { IconAlertTriangle, IconPencil, IconX } from "@tabler/icons-react";
import { type CSSProperties, type ReactNode, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { setParams } from "../../graph/commands";
import type { GraphNode } from "../../graph/graph";
import { parametersWithExamples } from "../../graph/node-type";
import type { NodeProblem } from "../../graph/problems";
import { lookOf } from "../../ui/node-look";
import { ReadOnly } from "../../ui/read-only";
import { useChosen, useEditor, useView, useWorkbench } from "../canvas/context";
import { About } from "./about";
import { Credentials } from "./credential-picker";
import { NodeSettings } from "./node-settings";
import classes from "./panel.module.css";
import { PanelContext, type PanelState } from "./panel-context";
import { SchemaForm } from "./schema-form";
import { TriggerStatus } from "./trigger-status";
import { useCompletions, useSample } from "./use-sample";

const NO_PROBLEMS: readonly NodeProblem[] = [];
const NO_SCHEMA = {};

function Head({ node }: { node: GraphNode }) {
  const { t } = useTranslation();
  const { view, catalogue } = useWorkbench();
  const type = catalogue.get(node.type);
  const look = lookOf(node.type, type?.icon);
  return (
    <header className={classes.head}>
      <span className={classes.tile} style={{ "--tone": look.color } as CSSProperties} aria-hidden>
        <look.icon size={20} stroke={1.8} />
      </span>
      <div className={classes.headText}>
        <h2 className={classes.title}>{node.name}</h2>
        <div className={classes.sub}>
          {type?.label ?? node.type} · {node.type}
        </div>
      </div>
      <Tooltip label={`${t("editor.rename")}  F2`}>
        <ActionIcon
          aria-label={t("editor.rename")}
          onClick={() => view.getState().set({ renaming: node.id })}
        >
          <IconPencil size={17} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label={`${t("app.close")}  Esc`}>
        <ActionIcon aria-label={t("panel.close")} onClick={() => view.getState().select([])}>
          <IconX size={18} />
        </ActionIcon>
      </Tooltip>
    </header>
  );
}

function usePanelState(node: GraphNode): PanelState {
  const sample = useSample(node.id);
  const completions = useCompletions("expression", sample);
  const [wanted, onIndex] = useState(0);
  const index = Math.min(wanted, Math.max(sample.items.length - 1, 0));
  const problems = useView((state) => state.problems.byNode.get(node.id)) ?? NO_PROBLEMS;
  const hasExpressions = node.kind === "node";
  return useMemo(
    () => ({
      hasExpressions,
      completions,
      sample,
      index,
      onIndex,
      problems,
      params: node.params,
      node,
    }),
    [hasExpressions, completions, sample, index, problems, node],
  );
}

function Parameters({ node }: { node: GraphNode }) {
  const { catalogue, editor } = useWorkbench();
  const type = catalogue.get(node.type);
  const schema = useMemo(() => (type ? parametersWithExamples(type) : NO_SCHEMA), [type]);
  return (
    <>
      <SchemaForm
        schema={schema}
        path="params"
        value={node.params}
        onChange={(params, name) =>
          editor.getState().apply(setParams(node.id, params, catalogue), `${node.id}.${name}`)
        }
      />
      <Credentials node={node} />
    </>
  );
}

/** Fields that only those can write in who may change the workflow. */
function Fields({ children }: { children: ReactNode }) {
  const { mayChange } = useWorkbench();
  return (
    <ReadOnly value={!mayChange}>
      <fieldset className={classes.fields} disabled={!mayChange}>
        {children}
      </fieldset>
    </ReadOnly>
  );
}

function Tabbed({ node }: { node: GraphNode }) {
  const { t } = useTranslation();
  const { catalogue } = useWorkbench();
  return (
    <Tabs defaultValue="parameters" className={classes.tabs} keepMounted={false}>
      <Tabs.List px={10}>
        <Tabs.Tab value="parameters">{t("panel.parameters")}</Tabs.Tab>
        <Tabs.Tab value="settings">{t("panel.settings")}</Tabs.Tab>
        <Tabs.Tab value="docs">{t("panel.docs")}</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="parameters" className={classes.body}>
        <Fields>
          <Parameters node={node} />
        </Fields>
      </Tabs.Panel>
      <Tabs.Panel value="settings" className={classes.body}>
        <Fields>
          <NodeSettings node={node} />
        </Fields>
      </Tabs.Panel>
      <Tabs.Panel value="docs" className={classes.body}>
        <About type={catalogue.get(node.type)} />
      </Tabs.Panel>
    </Tabs>
  );
}

/** What the node risks. */
function Warnings({ id }: { id: string }) {
  const { t } = useTranslation();
  const warnings = useView((state) => state.warnings.byNode.get(id)) ?? NO_PROBLEMS;
  if (warnings.length === 0) return null;
  return (
    <ul className={classes.warnings} aria-label={t("warnings.ofNode")}>
      {warnings.map(({ path, code, message }) => (
        <li key={`${path}${code}`}>
          <IconAlertTriangle size={15} stroke={2.2} aria-hidden />
          <span>{message}</span>
        </li>
      ))}
    </ul>
  );
}

function Properties({ node }: { node: GraphNode }) {
  const { t } = useTranslation();
  const state = usePanelState(node);
  return (
    <PanelContext value={state}>
      <aside className={classes.panel} aria-label={t("panel.title", { name: node.name })}>
        <Head node={node} />
        {node.kind === "trigger" && <TriggerStatus node={node} />}
        <Warnings id={node.id} />
        <Tabbed node={node} />
      </aside>
    </PanelContext>
  );
}

export function Panel() {
  const id = useChosen();
  const node = useEditor(({ graph }) => graph.nodes.find((other) => other.id === id));
  return node ? <Properties key={node.id} node={node} /> : null;
}
