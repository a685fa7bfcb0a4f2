import { Alert, type AlertProps, Code } from "@mantine/core";
import type { ReactNode } from "react";
import type { Failure } from "../../api/types";
import classes from "./failure-text.module.css";

/** What a failure says, with the field of the node that it is about. */
export function FailureText({ error }: { error: Failure }) {
  return (
    <>
      {error.field && (
        <>
          <code>{error.field}</code>:{" "}
        </>
      )}
      {error.message}
    </>
  );
}

interface NoticeProps extends Omit<AlertProps, "title" | "children"> {
  error: Failure & { node?: string | null };
  children?: ReactNode;
}

/** A failure as people read it: what happened, then its code, by which documentation and alerts know it. */
export function FailureNotice({ error, children, ...rest }: NoticeProps) {
  const title = (
    <span className={classes.title}>
      {error.node && <>{error.node}: </>}
      <FailureText error={error} />
    </span>
  );
  return (
    <Alert color="red" variant="light" title={title} {...rest}>
      <Code className={classes.code}>{error.code}</Code>
      {children}
    </Alert>
  );
}
