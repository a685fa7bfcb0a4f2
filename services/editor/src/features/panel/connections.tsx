/** The wires of a node as a list: connecting without a mouse. */

import { ActionIcon, Select, Stack, Text } from "@mantine/core";
import { IconUnlink } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { remove } from "../../graph/commands";
import { refusal, type Wire } from "../../graph/connect";
import type { Graph, GraphNode } from "../../graph/graph";
import { type Catalogue, portsOf } from "../../graph/node-type";
import { connect } from "../canvas/actions";
import { useEditor, useWorkbench } from "../canvas/context";
import classes from "./panel.module.css";

const NOTHING: ReadonlySet<string> = new Set();

/** Every wire that could be drawn from this port: one a target, by its first port that takes it. */
function possible(graph: Graph, catalogue: Catalogue, source: string, output: string): Wire[] {
  return graph.nodes.flatMap((target) => {
    const inputs = catalogue.get(target.type)?.inputs ?? [];
    const wires = inputs.map((input) => ({ source, output, target: target.id, input }));
    const fitting = wires.find((wire) => refusal(graph, catalogue, wire) === null);
    return fitting ? [fitting] : [];
  });
}

function Port({ node, port }: { node: GraphNode; port: string }) {
  const { t } = useTranslation();
  const bench = useWorkbench();
  const graph = useEditor((state) => state.graph);
  const names = new Map(graph.nodes.map((other) => [other.id, other.name]));
  const wires = graph.edges.filter((edge) => edge.source === node.id && edge.output === port);
  const choices = possible(graph, bench.catalogue, node.id, port);
  return (
    <Stack gap={6}>
      {wires.map((edge) => {
        const to = names.get(edge.target) ?? "";
        return (
          <div key={edge.id} className={classes.wire}>
            <span>
              {port} → {to}
              {edge.input !== "main" && ` (${edge.input})`}
            </span>
            <ActionIcon
              aria-label={t("panel.disconnect", { from: node.name, to })}
              onClick={() => bench.editor.getState().apply(remove(NOTHING, new Set([edge.id])))}
            >
              <IconUnlink size={15} />
            </ActionIcon>
          </div>
        );
      })}
      <Select
        size="xs"
        aria-label={t("panel.connectTo", { port })}
        placeholder={`${port} → ${t("panel.connectHint")}`}
        data={choices.map((wire) => ({ value: wire.target, label: names.get(wire.target) ?? "" }))}
        value={null}
        searchable
        disabled={choices.length === 0}
        onChange={(target) => {
          const wire = choices.find((choice) => choice.target === target);
          if (wire) connect(bench, wire);
        }}
      />
    </Stack>
  );
}

export function Connections({ node }: { node: GraphNode }) {
  const { t } = useTranslation();
  const { catalogue } = useWorkbench();
  const onError = node.settings.onError ?? "stop";
  const { outputs } = portsOf(catalogue.get(node.type), { params: node.params, onError });
  if (outputs.length === 0) return null;
  return (
    <Stack gap="xs">
      <Text size="sm" fw={600}>
        {t("panel.connections")}
      </Text>
      {outputs.map((port) => (
        <Port key={port} node={node} port={port} />
      ))}
    </Stack>
  );
}
