/** Ask the server for the faults of what is on the canvas, a moment after it changed. */

import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { validate } from "../../api/queries";
import { toDocument } from "../../graph/graph";
import { sortProblems } from "../../graph/problems";
import { useEditor, useWorkbench } from "./context";

const PAUSE = 500;

export function useValidation(): void {
  const { view } = useWorkbench();
  const graph = useEditor((state) => state.graph);
  const [settled] = useDebouncedValue(graph, PAUSE);
  const { data } = useQuery({
    queryKey: ["validate", settled],
    queryFn: async () => {
      const { errors, warnings } = await validate(toDocument(settled));
      return {
        problems: sortProblems(settled, errors),
        warnings: sortProblems(settled, warnings),
      };
    },
    gcTime: 0,
    retry: false,
  });
  useEffect(() => {
    if (data) view.getState().set(data);
  }, [data, view]);
}
