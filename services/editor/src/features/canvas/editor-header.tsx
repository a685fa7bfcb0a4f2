/** The bar above the canvas: where one is, what is not saved, what can be done. */

import { ActionIcon, Button, Indicator, Menu, Tooltip } from "@mantine/core";
import {
  IconArrowLeft,
  IconCode,
  IconDots,
  IconEye,
  IconHistory,
  IconKeyboard,
  IconListTree,
  IconPlayerPlay,
  IconRestore,
  IconSettings,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { setSpec } from "../../graph/commands";
import { isManaged } from "../../graph/document";
import { Guarded } from "../../ui/guarded";
import { ManagedMark } from "../../ui/managed-mark";
import { useEditor, useRun, useWorkbench } from "./context";
import { DraftMark } from "./draft-mark";
import classes from "./editor-header.module.css";
import { isDirty } from "./editor-store";
import { ProblemList } from "./problem-list";
import { RunChip } from "./run-chip";
import type { Saving } from "./use-save";

function Title() {
  const { t } = useTranslation();
  const { project, name, editor, mayChange } = useWorkbench();
  const title = useEditor(({ graph }) => graph.spec.title ?? "");
  return (
    <div className={classes.where}>
      <Tooltip label={t("app.workflows")}>
        <ActionIcon
          component={Link}
          to={`/projects/${encodeURIComponent(project)}/workflows`}
          aria-label={t("app.back")}
        >
          <IconArrowLeft size={19} />
        </ActionIcon>
      </Tooltip>
      <div className={classes.names}>
        <h1 className={classes.hidden}>{title || name}</h1>
        <input
          className={classes.title}
          aria-label={t("editor.title")}
          value={title}
          placeholder={name}
          maxLength={200}
          readOnly={!mayChange}
          onChange={(event) =>
            editor.getState().apply(setSpec({ title: event.currentTarget.value }), "title")
          }
          onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
        />
        <span className={classes.name}>
          {project} / {name}
        </span>
      </div>
    </div>
  );
}

function More() {
  const { t } = useTranslation();
  const dirty = useEditor(isDirty);
  const { project, name, view } = useWorkbench();
  const executions = `/projects/${encodeURIComponent(project)}/executions?workflow=${name}`;
  return (
    <Menu position="bottom-end" width={230}>
      <Menu.Target>
        <ActionIcon size={36} variant="default" aria-label={t("workflows.actions", { name })}>
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<IconSettings size={16} />}
          onClick={() => view.getState().set({ dialog: "settings" })}
        >
          {t("editor.settings")}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconCode size={16} />}
          onClick={() => view.getState().set({ dialog: "source" })}
        >
          {t("editor.source")}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconListTree size={16} />}
          onClick={() => view.getState().set({ dialog: "outline" })}
        >
          {t("editor.outline")}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconRestore size={16} />}
          disabled={!dirty}
          onClick={() => view.getState().set({ dialog: "discard" })}
        >
          {t("draft.discard")}
        </Menu.Item>
        <Menu.Item component={Link} to={executions} leftSection={<IconHistory size={16} />}>
          {t("app.executions")}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconKeyboard size={16} />}
          onClick={() => view.getState().set({ dialog: "help" })}
        >
          {t("editor.help")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** Make what is drawn the next version; of a workflow that a cluster manages, show what is to be applied there. */
function Publish({ saving }: { saving: Saving }) {
  const { t } = useTranslation();
  const { mayChange } = useWorkbench();
  const dirty = useEditor(isDirty);
  const managed = useEditor(({ graph }) => isManaged(graph.metadata));
  return (
    <Tooltip
      label={t(dirty ? (managed ? "managed.hint" : "editor.publish") : "editor.upToDate")}
      multiline
      maw={340}
    >
      <Indicator disabled={!dirty} color="orange" size={9} offset={2}>
        <Button
          variant="default"
          loading={saving.isSaving}
          disabled={!dirty || !mayChange}
          onClick={() => void saving.save()}
        >
          {t(managed ? "managed.export" : "editor.save")}
        </Button>
      </Indicator>
    </Tooltip>
  );
}

/** Said to those who may look at a workflow and not change it. */
function LookMark() {
  const { t } = useTranslation();
  return (
    <Tooltip label={t("editor.mayNotChange")}>
      <span className={classes.draft}>
        <IconEye size={16} />
        <span>{t("editor.viewOnly")}</span>
      </span>
    </Tooltip>
  );
}

export function EditorHeader({ saving }: { saving: Saving }) {
  const { t } = useTranslation();
  const { view, mayChange } = useWorkbench();
  const managed = useEditor(({ graph }) => isManaged(graph.metadata));
  const isRunning = useRun(({ status }) => status === "queued" || status === "running");
  return (
    <header className={classes.header}>
      <Title />
      {managed && <ManagedMark />}
      <RunChip />
      <div className={classes.actions}>
        {mayChange ? <DraftMark /> : <LookMark />}
        <ProblemList />
        <More />
        <Publish saving={saving} />
        <Guarded right="workflows:execute">
          {(isRefused) => (
            <Button
              leftSection={<IconPlayerPlay size={16} />}
              loading={isRunning}
              disabled={isRefused}
              onClick={() => view.getState().set({ dialog: "run" })}
            >
              {t("editor.run")}
            </Button>
          )}
        </Guarded>
      </div>
    </header>
  );
}
