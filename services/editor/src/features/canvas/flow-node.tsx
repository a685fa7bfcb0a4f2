/** A node on the canvas. */

import { Tooltip } from "@mantine/core";
import { IconAlertCircle, IconAlertTriangle, IconPlus } from "@tabler/icons-react";
import {
  Handle,
  type NodeProps,
  Position,
  useReactFlow,
  useUpdateNodeInternals,
} from "@xyflow/react";
import { type CSSProperties, memo, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useShallow } from "zustand/react/shallow";
import type { GraphNode } from "../../graph/graph";
import { portsOf } from "../../graph/node-type";
import { lookOf } from "../../ui/node-look";
import { StatusIcon } from "../../ui/status-badge";
import { useEditor, useRun, useView, useWorkbench } from "./context";
import type { FlowNode as FlowNodeType } from "./flow-model";
import classes from "./flow-node.module.css";
import { freePlace } from "./places";

const PORT_STEP = 26;
const MIN_HEIGHT = 64;
/** A merge has 27 input ports; a person sees the used ones and one more. */
const MANY_INPUTS = 4;

const offsetOf = (index: number, count: number): string =>
  `calc(50% + ${(index - (count - 1) / 2) * PORT_STEP}px)`;

function usePorts(node: GraphNode) {
  const { catalogue } = useWorkbench();
  const usedInputs = useEditor(
    useShallow(({ graph }) =>
      graph.edges.filter((edge) => edge.target === node.id).map((edge) => edge.input),
    ),
  );
  const usedOutputs = useEditor(
    useShallow(({ graph }) =>
      graph.edges.filter((edge) => edge.source === node.id).map((edge) => edge.output),
    ),
  );
  const onError = node.settings.onError ?? "stop";
  const ports = portsOf(catalogue.get(node.type), { params: node.params, onError });
  const free = ports.inputs.find((port) => !usedInputs.includes(port));
  const inputs =
    ports.inputs.length > MANY_INPUTS
      ? ports.inputs.filter((port) => usedInputs.includes(port) || port === free)
      : ports.inputs;
  // An edge to a port that the type no longer has must still end somewhere.
  const known = [...new Set([...inputs, ...usedInputs])];
  return { inputs: known, outputs: [...new Set([...ports.outputs, ...usedOutputs])], usedOutputs };
}

/** Have the places of the ports looked up again when these change, without which their wires are not drawn. */
function useMeasuredPorts(id: string, ports: readonly string[]): void {
  const measure = useUpdateNodeInternals();
  const names = JSON.stringify(ports);
  const measured = useRef(names);
  useEffect(() => {
    if (measured.current === names) return;
    measured.current = names;
    measure(id);
  }, [measure, id, names]);
}

function Inputs({ ports }: { ports: string[] }) {
  return ports.map((port, index) => (
    <Handle
      key={port}
      id={port}
      type="target"
      position={Position.Left}
      className={classes.handle}
      style={{ top: offsetOf(index, ports.length) }}
    >
      {ports.length > 1 && <span className={classes.inputLabel}>{port}</span>}
    </Handle>
  ));
}

interface AddAfterProps {
  node: GraphNode;
  port: string;
  top: string;
  isLabelled: boolean;
}

function AddAfter({ node, port, top, isLabelled }: AddAfterProps) {
  const { t } = useTranslation();
  const { editor, view } = useWorkbench();
  const { getNode } = useReactFlow();
  const open = () => {
    const width = getNode(node.id)?.measured?.width ?? 0;
    const at = freePlace(editor.getState().graph, node.position, width);
    view.getState().set({ finder: { at, from: { node: node.id, output: port } } });
  };
  return (
    <span className={classes.stub} style={{ top }}>
      {isLabelled && <span className={classes.stubLabel}>{port}</span>}
      <button
        type="button"
        className={`${classes.plus} nodrag nopan`}
        aria-label={t("editor.addAfter", { name: node.name, port })}
        onClick={(event) => {
          event.stopPropagation();
          open();
        }}
      >
        <IconPlus size={14} stroke={2.4} />
      </button>
    </span>
  );
}

interface OutputsProps {
  node: GraphNode;
  ports: string[];
  used: string[];
}

function Outputs({ node, ports, used }: OutputsProps) {
  return ports.map((port, index) => {
    const top = offsetOf(index, ports.length);
    const isLabelled = ports.length > 1 || port !== "main";
    const isUsed = used.includes(port);
    return (
      <span key={port} data-port={port}>
        {!isUsed && <AddAfter node={node} port={port} top={top} isLabelled={isLabelled} />}
        <Handle
          id={port}
          type="source"
          position={Position.Right}
          className={classes.handle}
          data-error={port === "error" || undefined}
          style={{ top }}
        >
          {isLabelled && isUsed && <span className={classes.outputLabel}>{port}</span>}
        </Handle>
      </span>
    );
  });
}

function RunMark({ name }: { name: string }) {
  const { t } = useTranslation();
  const state = useRun(({ nodes }) => nodes.get(name));
  if (!state) return null;
  const label = `${t(`status.${state.status}`)}${state.error ? `: ${state.error.message}` : ""}`;
  return (
    <Tooltip label={label} multiline maw={320}>
      <span className={classes.runMark}>
        {state.items !== null && state.status !== "skipped" && (
          <span className={classes.items}>{t("editor.items", { count: state.items })}</span>
        )}
        <span role="img" aria-label={label}>
          <StatusIcon status={state.status} size={13} />
        </span>
      </span>
    </Tooltip>
  );
}

/** How much is wrong with it or, when nothing is, what it risks. */
function ProblemMark({ id }: { id: string }) {
  const { t } = useTranslation();
  const problems = useView((state) => state.problems.byNode.get(id));
  const warnings = useView((state) => state.warnings.byNode.get(id));
  const told = problems ?? warnings;
  if (!told) return null;
  const isWarning = problems === undefined;
  const Icon = isWarning ? IconAlertTriangle : IconAlertCircle;
  return (
    <Tooltip
      multiline
      maw={340}
      label={told
        .slice(0, 4)
        .map((problem) => <div key={`${problem.path}${problem.message}`}>{problem.message}</div>)}
    >
      <span
        className={classes.problem}
        data-warning={isWarning || undefined}
        role="img"
        aria-label={t(isWarning ? "warnings.count" : "editor.problems", { count: told.length })}
      >
        <Icon size={16} stroke={2.2} />
      </span>
    </Tooltip>
  );
}

function View({ data: { node }, selected }: NodeProps<FlowNodeType>) {
  const { t } = useTranslation();
  const { catalogue } = useWorkbench();
  const type = catalogue.get(node.type);
  const status = useRun(({ nodes }) => nodes.get(node.name)?.status);
  const look = lookOf(node.type, type?.icon);
  const { inputs, outputs, usedOutputs } = usePorts(node);
  useMeasuredPorts(node.id, [...inputs, ...outputs]);
  const count = Math.max(inputs.length, outputs.length);
  const minHeight = Math.max(MIN_HEIGHT, count * PORT_STEP + 12);
  return (
    <div
      className={classes.node}
      data-kind={node.kind}
      data-status={status}
      data-selected={selected || undefined}
      data-disabled={node.settings.disabled || undefined}
      style={{ "--tone": look.color, minHeight } as CSSProperties}
    >
      <span className={classes.tile} aria-hidden>
        <look.icon size={22} stroke={1.8} />
      </span>
      <span className={classes.text}>
        <span className={classes.name}>{node.name}</span>
        <span className={classes.type}>
          {node.settings.disabled
            ? t("editor.disabled")
            : (type?.label ?? t("editor.unknownType", { type: node.type }))}
        </span>
      </span>
      <RunMark name={node.name} />
      <ProblemMark id={node.id} />
      <Inputs ports={inputs} />
      <Outputs node={node} ports={outputs} used={usedOutputs} />
    </div>
  );
}

export const FlowNode = memo(View);
