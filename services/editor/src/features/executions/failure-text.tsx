import type { Failure } from "../../api/types";

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
