/** Follow an execution: its events as they come, and its whole state now and then. */

import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { listen, type NodeEvent } from "../../api/events";
import { execution } from "../../api/queries";
import { useRun, useWorkbench } from "./context";

/** Collect events and hand them on once a frame: a fast run sends hundreds. */
function batched(deliver: (events: NodeEvent[]) => void) {
  let waiting: NodeEvent[] = [];
  let frame = 0;
  const flush = () => {
    frame = 0;
    const events = waiting;
    waiting = [];
    deliver(events);
  };
  return {
    add: (event: NodeEvent) => {
      waiting.push(event);
      frame ||= requestAnimationFrame(flush);
    },
    stop: () => cancelAnimationFrame(frame),
  };
}

export function useWatch(): void {
  const { project, run } = useWorkbench();
  const id = useRun((state) => state.id);
  const { data, refetch } = useQuery({ ...execution(project, id ?? ""), enabled: id !== null });
  useEffect(() => {
    if (data) run.getState().onExecution(data);
  }, [data, run]);
  useEffect(() => {
    if (!id) return;
    const batch = batched((events) => run.getState().onNodes(events));
    const stop = listen(project, id, {
      onNode: batch.add,
      onExecution: (event) => {
        run.getState().onStatus(event.status, event.error);
        void refetch();
      },
    });
    return () => {
      stop();
      batch.stop();
    };
  }, [id, project, run, refetch]);
}
