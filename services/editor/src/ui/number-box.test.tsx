import { MantineProvider } from "@mantine/core";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { afterEach, describe, expect, it } from "vitest";
import { NumberBox } from "./number-box";

const PRESET = 2;

/** As a setting has it, where an emptied number is the preset. */
function Setting({ seen }: { seen: number[] }) {
  const [value, setValue] = useState(PRESET);
  const keep = (next: number = PRESET) => {
    seen.push(next);
    setValue(next);
  };
  return <NumberBox label="Factor" value={value} onChange={keep} />;
}

function opened() {
  const seen: number[] = [];
  render(
    <MantineProvider env="test">
      <Setting seen={seen} />
    </MantineProvider>,
  );
  const input = screen.getByLabelText("Factor") as HTMLInputElement;
  fireEvent.focus(input);
  fireEvent.change(input, { target: { value: "" } });
  return { seen, input };
}

afterEach(cleanup);

describe("the input for a number", () => {
  it.each([
    ["1.5", 1.5],
    ["0.05", 0.05],
    ["-5", -5],
    ["3", 3],
    ["10", 10],
  ])("takes %s as it is typed, letter by letter", (text, value) => {
    const { seen, input } = opened();
    for (let end = 1; end <= text.length; end += 1) {
      const typed = input.value + text.charAt(end - 1);
      fireEvent.change(input, { target: { value: typed } });
      expect(input.value).toBe(text.slice(0, end));
    }
    expect(seen.at(-1)).toBe(value);
  });

  it("has the number that is meant while its end is open", () => {
    const { seen, input } = opened();
    fireEvent.change(input, { target: { value: "7." } });
    expect(seen.at(-1)).toBe(7);
  });

  it("shows the preset again once an emptied one is left", () => {
    const { input } = opened();
    expect(input.value).toBe("");
    fireEvent.blur(input);
    expect(input.value).toBe("2");
  });
});
