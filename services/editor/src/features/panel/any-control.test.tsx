import { MantineProvider } from "@mantine/core";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Json } from "../../graph/document";
import { startTranslation } from "../../i18n";
import { AnyControl, readAny, writeAny } from "./any-control";

// CodeMirror needs a layout, which happy-dom has not.
vi.mock("../../ui/code-editor", () => ({
  CodeEditor: (props: { label: string; value: string; onChange: (next: string) => void }) => (
    <textarea
      aria-label={props.label}
      value={props.value}
      onChange={(event) => props.onChange(event.currentTarget.value)}
    />
  ),
}));

/** The field as an entry of a map has it, where an emptied value is the empty text. */
function Entry({ seen }: { seen: (value: Json) => void }) {
  const [value, setValue] = useState<Json>("");
  const keep = (next: Json = "") => {
    seen(next);
    setValue(next);
  };
  return <AnyControl label="u" value={value} isInvalid={false} onChange={keep} />;
}

function type(text: string) {
  const seen = vi.fn();
  render(
    <MantineProvider env="test">
      <Entry seen={seen} />
    </MantineProvider>,
  );
  const field = screen.getByLabelText("u") as HTMLTextAreaElement;
  for (const letter of text) fireEvent.change(field, { target: { value: field.value + letter } });
  return { shown: field.value, kept: seen.mock.lastCall?.[0] };
}

beforeAll(startTranslation);
afterEach(cleanup);

describe("a value of any kind", () => {
  it.each([1, true, null, "plain words", "12", " x", { a: [1] }, ["{{ $json }}"], "a: b"])(
    "survives writing and reading: %j",
    (value) => {
      expect(readAny(writeAny(value))).toEqual(value);
    },
  );

  it.each([
    "Hello, Ana: welcome",
    "https://example.com/a",
    "12:30",
    'Hi "you"',
    "007",
    "[draft] x",
    "{a}",
    '{"a": ',
    " padded ",
    "12345678901234567890",
  ])("that is no JSON is kept as the text that was typed: %j", (text) => {
    expect(type(text)).toEqual({ shown: text, kept: text });
    expect(readAny(writeAny(text))).toBe(text);
  });

  it.each([
    ["3.10", 3.1],
    ["true", true],
    ["[1, 2]", [1, 2]],
    ['"12"', "12"],
  ])("that is JSON is read as it: %s", (text, value) => {
    expect(type(text)).toEqual({ shown: text, kept: value });
  });

  it("tells that it is kept as text where it looks like broken JSON", () => {
    type('{"a": ');
    expect(screen.getByText(/kept as text/)).toBeDefined();
    cleanup();
    type("Hello, Ana: welcome");
    expect(screen.queryByText(/kept as text/)).toBeNull();
  });
});
