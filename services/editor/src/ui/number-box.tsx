import { NumberInput, type NumberInputProps } from "@mantine/core";
import { useState } from "react";

interface Props extends Omit<NumberInputProps, "value" | "onChange"> {
  value: number | undefined;
  onChange: (value: number | undefined) => void;
}

/** An input for a number, which stays as it is typed while it is on its way to one, such as `1.` and `-`. */
export function NumberBox({ value, onChange, ...rest }: Props) {
  const [draft, setDraft] = useState<string | null>(null);
  const edit = (next: string | number) => {
    const number = next === "" ? Number.NaN : Number(next);
    setDraft(typeof next === "string" ? next : null);
    onChange(Number.isNaN(number) ? undefined : number);
  };
  return (
    <NumberInput
      {...rest}
      value={draft ?? value ?? ""}
      onChange={edit}
      onBlur={() => setDraft(null)}
    />
  );
}
