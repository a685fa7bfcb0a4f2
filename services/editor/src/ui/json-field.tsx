import { Text } from "@mantine/core";
import { CodeEditor } from "./code-editor";

interface Props {
  label: string;
  hint: string;
  value: string;
  /** What is wrong with the value, or null. */
  fault: string | null;
  onChange: (value: string) => void;
}

/** A field for JSON with its label, its hint, and what is wrong with it. */
export function JsonField({ label, hint, value, fault, onChange }: Props) {
  return (
    <div>
      <Text size="sm" fw={600}>
        {label}
      </Text>
      <Text size="xs" c="dimmed" mb={6}>
        {hint}
      </Text>
      <CodeEditor
        language="json"
        label={label}
        value={value}
        minHeight={140}
        isInvalid={fault !== null}
        onChange={onChange}
      />
      {fault !== null && (
        <Text size="xs" c="var(--alur-bad)" mt={4} role="alert">
          {fault}
        </Text>
      )}
    </div>
  );
}
