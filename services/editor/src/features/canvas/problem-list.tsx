/** What is wrong with the workflow, and what it risks: how much, and each by name; a click goes to its node. */

import { Popover, Tooltip, UnstyledButton } from "@mantine/core";
import { IconAlertCircle, IconAlertTriangle, IconCircleCheck } from "@tabler/icons-react";
import { useReactFlow } from "@xyflow/react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Problem, Problems } from "../../graph/problems";
import { Prose } from "../../ui/prose";
import { useEditor, useView, useWorkbench } from "./context";
import classes from "./editor-header.module.css";

interface Told extends Problem {
  node: string | null;
  isWarning: boolean;
}

function listed({ byNode, general }: Problems, isWarning: boolean): Told[] {
  const own = [...byNode].flatMap(([node, list]) =>
    list.map((problem) => ({ ...problem, node, isWarning })),
  );
  return [...general.map((problem) => ({ ...problem, node: null, isWarning })), ...own];
}

function Line({ told, onChoose }: { told: Told; onChoose: () => void }) {
  const name = useEditor(({ graph }) => graph.nodes.find((node) => node.id === told.node)?.name);
  const Icon = told.isWarning ? IconAlertTriangle : IconAlertCircle;
  return (
    <li>
      <UnstyledButton
        className={classes.told}
        data-warning={told.isWarning || undefined}
        disabled={told.node === null}
        onClick={onChoose}
      >
        <Icon size={16} stroke={2.2} aria-hidden />
        <span>
          {name && <b>{name}: </b>}
          <Prose text={told.message} />
        </span>
      </UnstyledButton>
    </li>
  );
}

/** Everything that is told, by the keyboard as well. */
function Lines({ all, onChosen }: { all: Told[]; onChosen: () => void }) {
  const { t } = useTranslation();
  const { view } = useWorkbench();
  const { fitView } = useReactFlow();
  const choose = ({ node }: Told) => {
    if (!node) return;
    view.getState().select([node]);
    void fitView({ nodes: [{ id: node }], duration: 200, maxZoom: 1 });
    onChosen();
  };
  return (
    <ul className={classes.toldList} aria-label={t("warnings.list")}>
      {all.map((told) => (
        <Line
          key={`${told.path}${told.code}${told.message}`}
          told={told}
          onChoose={() => choose(told)}
        />
      ))}
    </ul>
  );
}

export function ProblemList() {
  const { t } = useTranslation();
  const problems = useView((state) => state.problems);
  const warnings = useView((state) => state.warnings);
  const [isOpen, setOpen] = useState(false);
  const faults = listed(problems, false);
  const all = [...faults, ...listed(warnings, true)];
  if (all.length === 0) {
    return (
      <Tooltip label={t("editor.noProblems")}>
        <span className={classes.fine} role="img" aria-label={t("editor.noProblems")}>
          <IconCircleCheck size={18} />
        </span>
      </Tooltip>
    );
  }
  const isWarning = faults.length === 0;
  const Icon = isWarning ? IconAlertTriangle : IconAlertCircle;
  const count = isWarning ? all.length : faults.length;
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-end" width={380} trapFocus>
      <Popover.Target>
        <UnstyledButton
          className={classes.problems}
          data-warning={isWarning || undefined}
          onClick={() => setOpen(!isOpen)}
        >
          <Icon size={16} />
          {t(isWarning ? "warnings.count" : "editor.problems", { count })}
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown p={6}>
        <Lines all={all} onChosen={() => setOpen(false)} />
      </Popover.Dropdown>
    </Popover>
  );
}
