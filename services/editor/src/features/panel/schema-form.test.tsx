import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import axe from "axe-core";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { NO_COMPLETIONS } from "../../graph/completions";
import type { JsonObject } from "../../graph/document";
import type { JsonSchema } from "../../graph/node-type";
import { startTranslation } from "../../i18n";
import { NO_SAMPLE, PanelContext, type PanelState } from "./panel-context";
import { SchemaForm } from "./schema-form";

const SCHEMA: JsonSchema = {
  type: "object",
  required: ["url"],
  properties: {
    url: { type: "string", title: "Address", examples: ["https://shop.test"] },
    method: { type: "string", title: "Method", enum: ["GET", "POST"], default: "GET" },
    size: { type: "integer", title: "Size" },
    verify: { type: "boolean", title: "Verify", default: true },
    rare: { type: "string", title: "Rare" },
    rarer: { type: "string", title: "Rarer" },
  },
};

const panel: PanelState = {
  hasExpressions: true,
  completions: NO_COMPLETIONS,
  params: {},
  node: null,
  sample: NO_SAMPLE,
  index: 0,
  onIndex: () => undefined,
  problems: [],
};

function show(value: JsonObject, state: PanelState = panel) {
  const onChange = vi.fn();
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={new QueryClient()}>
        <PanelContext value={state}>
          <SchemaForm schema={SCHEMA} path="params" value={value} onChange={onChange} />
        </PanelContext>
      </QueryClientProvider>
    </MantineProvider>,
  );
  return onChange;
}

beforeAll(startTranslation);
afterEach(cleanup);

describe("the form of a schema", () => {
  it("shows the example of what is to be filled in, and the default of what need not", () => {
    show({});
    expect(screen.getByPlaceholderText("e.g. https://shop.test")).toHaveProperty("value", "");
    expect(screen.getByPlaceholderText("GET")).toBeTruthy();
  });

  it("shows what is required, usual or set, and offers the rest", () => {
    show({ rare: "x" });
    for (const label of ["Address", "Method", "Rare"])
      expect(screen.getAllByLabelText(label)).not.toHaveLength(0);
    expect(screen.queryByLabelText("Rarer")).toBeNull();
    expect(screen.getByText("Add a parameter")).toBeDefined();
  });

  it("sets a value, and takes it away when it is emptied", () => {
    const onChange = show({ url: "a" });
    const [input] = screen.getAllByLabelText("Address");
    if (!input) throw new Error("no field");
    fireEvent.change(input, { target: { value: "b" } });
    expect(onChange).toHaveBeenLastCalledWith({ url: "b" }, "url");
    fireEvent.change(input, { target: { value: "" } });
    expect(onChange).toHaveBeenLastCalledWith({}, "url");
  });

  it("turns a fixed value into an expression of it", () => {
    const onChange = show({ size: 12 });
    const mode = screen.getByRole("group", { name: "How Size is given" });
    fireEvent.click(mode.querySelectorAll("button")[1] as HTMLElement);
    expect(onChange).toHaveBeenLastCalledWith({ size: "{{ 12 }}" }, "size");
  });

  it("has a name for every input", async () => {
    show({ url: "a", size: 1, rare: "x" });
    // Only rules that need no layout: happy-dom has none.
    const rules = ["label", "button-name", "aria-input-field-name", "aria-valid-attr-value"];
    const { violations } = await axe.run(document.body, { runOnly: rules });
    expect(violations.map(({ id }) => id)).toEqual([]);
  });

  it("asks for a run only when it is known that there was none", () => {
    const ask = "Run the workflow once to see results here.";
    show({ url: "{{ $json.a }}" }, { ...panel, sample: { ...NO_SAMPLE, isLoading: true } });
    expect(screen.queryByText(ask)).toBeNull();
    cleanup();
    show({ url: "{{ $json.a }}" });
    expect(screen.getByText(ask)).toBeDefined();
  });

  it("has no expressions for triggers", () => {
    show({}, { ...panel, hasExpressions: false });
    expect(screen.queryByRole("group", { name: "How Address is given" })).toBeNull();
  });

  it("says the server's fault at the field", () => {
    const problems = [
      { path: "spec.nodes[0].params.url", code: "x", message: "no such host", field: "params.url" },
    ];
    show({ url: "a" }, { ...panel, problems });
    expect(screen.getByRole("alert").textContent).toBe("no such host");
  });
});
