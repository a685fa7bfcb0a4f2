/** The drawing: React Flow over the graph, every change by a command. */

import { useComputedColorScheme } from "@mantine/core";
import {
  applyNodeChanges,
  Background,
  BackgroundVariant,
  type NodeChange,
  ReactFlow,
  useStore as useFlowStore,
} from "@xyflow/react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { move } from "../../graph/commands";
import classes from "./canvas.module.css";
import { CanvasHint } from "./canvas-hint";
import { CanvasMap } from "./canvas-map";
import { useEditor, useView, useWorkbench } from "./context";
import { FlowEdge } from "./flow-edge";
import { gestureOf, type FlowNode as Node, syncNodes, toFlowEdges } from "./flow-model";
import { FlowNode } from "./flow-node";
import { useCanvasTurn } from "./use-canvas-turn";
import { useClipboard } from "./use-clipboard";
import { useConnecting } from "./use-connecting";
import { useKeys } from "./use-keys";
import { useFirstLayout, useKeepInSight } from "./use-view-moves";

const NODE_TYPES = { alur: FlowNode };
const EDGE_TYPES = { alur: FlowEdge };
const GRID: [number, number] = [10, 10];
const FEW = 7;
const MANY = 150;
const TOO_MANY_FOR_MAP = 500;
const FAR = 0.4;
const FIT = { padding: 0.22, maxZoom: 1.05 };
const SNAP_RADIUS = 32;

/** The selection after some of it changed. */
function withSelection(
  before: ReadonlySet<string>,
  changes: readonly { id?: string; selected?: boolean }[],
): ReadonlySet<string> {
  const next = new Set(before);
  for (const { id, selected } of changes) {
    if (id !== undefined && selected) next.add(id);
    else if (id !== undefined) next.delete(id);
  }
  return next;
}

/** React Flow's nodes: the graph's, plus what a drag or a measure says until it ends. */
function useFlowNodes() {
  const { editor, view } = useWorkbench();
  const graphNodes = useEditor(({ graph }) => graph.nodes);
  const selected = useView((state) => state.selected);
  const [nodes, setNodes] = useState<Node[]>([]);
  const isDragging = useRef(false);
  useEffect(() => {
    setNodes((before) => syncNodes(graphNodes, before, selected));
  }, [graphNodes, selected]);

  const commitMoves = useCallback(
    (
      moved: { id: string; position?: { x: number; y: number } | undefined }[],
      isByKeyboard: boolean,
    ) => {
      const places = new Map(
        moved.flatMap(({ id, position }) => (position ? [[id, position] as const] : [])),
      );
      const merge = isByKeyboard ? gestureOf(places) : "";
      if (places.size > 0) editor.getState().apply(move(places), merge);
    },
    [editor],
  );
  const onNodesChange = useCallback(
    (changes: NodeChange<Node>[]) => {
      setNodes((before) => applyNodeChanges(changes, before));
      const chosen = changes.filter((change) => change.type === "select");
      if (chosen.length > 0) {
        view.getState().select(withSelection(view.getState().selected, chosen));
      }
      // A drag commits at its end; what moves without one was moved by the keyboard.
      const moves = changes.filter((change) => change.type === "position" && !change.dragging);
      if (!isDragging.current) commitMoves(moves as { id: string }[], true);
    },
    [view, commitMoves],
  );
  const drag = {
    onNodeDragStart: () => {
      isDragging.current = true;
    },
    onNodeDragStop: (_: unknown, __: Node, dragged: Node[]) => {
      isDragging.current = false;
      commitMoves(dragged, false);
    },
  };
  return { nodes, onNodesChange, drag };
}

function useFlowEdges() {
  const graphEdges = useEditor(({ graph }) => graph.edges);
  const graphNodes = useEditor(({ graph }) => graph.nodes);
  const [selectedEdges, setSelectedEdges] = useState<ReadonlySet<string>>(new Set());
  const names = useMemo(
    () => new Map(graphNodes.map((node) => [node.id, node.name])),
    [graphNodes],
  );
  const edges = useMemo(
    () => toFlowEdges(graphEdges, names, selectedEdges),
    [graphEdges, names, selectedEdges],
  );
  const onEdgesChange = useCallback(
    (changes: { type: string; id?: string; selected?: boolean }[]) => {
      const chosen = changes.filter(({ type }) => type === "select");
      setSelectedEdges((before) => withSelection(before, chosen));
    },
    [],
  );
  return { edges, selectedEdges, onEdgesChange };
}

function Arrow() {
  return (
    <svg className={classes.markers} aria-hidden="true">
      <defs>
        <marker
          id="alur-arrow"
          viewBox="0 0 10 10"
          refX="8"
          refY="5"
          markerWidth="5.5"
          markerHeight="5.5"
          orient="auto-start-reverse"
        >
          <path d="M1 1 L9 5 L1 9" fill="none" stroke="context-stroke" strokeWidth="2" />
        </marker>
      </defs>
    </svg>
  );
}

export function Canvas() {
  const { t } = useTranslation();
  const { view, mayChange } = useWorkbench();
  const scheme = useComputedColorScheme("light");
  const isFar = useFlowStore(({ transform }) => transform[2] < FAR);
  const { nodes, onNodesChange, drag } = useFlowNodes();
  const { edges, selectedEdges, onEdgesChange } = useFlowEdges();
  const connecting = useConnecting();
  const pane = useRef<HTMLElement>(null);
  const [isMoving, setMoving] = useState(false);
  const hasTurn = useCanvasTurn(pane);
  useKeys(pane, selectedEdges, hasTurn);
  useClipboard(hasTurn);
  useFirstLayout();
  useKeepInSight(pane);
  return (
    <section
      ref={pane}
      className={classes.canvas}
      data-far={isFar || undefined}
      aria-label={t("editor.canvas")}
    >
      <Arrow />
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        onNodesChange={onNodesChange}
        onEdgesChange={onEdgesChange}
        {...drag}
        {...connecting}
        onMoveStart={() => setMoving(true)}
        onMoveEnd={() => setMoving(false)}
        onNodeDoubleClick={(_, node) => view.getState().set({ renaming: node.id })}
        onPaneClick={() => pane.current?.querySelector<HTMLElement>(".react-flow")?.focus()}
        nodesDraggable={mayChange}
        nodesConnectable={mayChange}
        connectionRadius={SNAP_RADIUS}
        deleteKeyCode={null}
        selectionKeyCode="Shift"
        multiSelectionKeyCode={["Shift", "Meta", "Control"]}
        snapToGrid
        snapGrid={GRID}
        minZoom={0.1}
        maxZoom={2}
        fitView
        fitViewOptions={FIT}
        colorMode={scheme}
        onlyRenderVisibleElements={nodes.length > MANY}
        elevateNodesOnSelect
        tabIndex={-1}
      >
        <Background
          variant={BackgroundVariant.Dots}
          gap={20}
          size={1.4}
          color="var(--alur-canvas-dot)"
          bgColor="var(--alur-canvas)"
        />
        {nodes.length >= FEW && nodes.length <= TOO_MANY_FOR_MAP && (
          <CanvasMap isMoving={isMoving} />
        )}
        <CanvasHint isEmpty={nodes.length === 0} />
      </ReactFlow>
    </section>
  );
}
