/** Server state: every read and write of the editor, as react-query options and hooks. */

import {
  infiniteQueryOptions,
  queryOptions,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import type { Json, JsonObject, WorkflowDocument } from "../graph/document";
import type { Catalogue, NodeType } from "../graph/node-type";
import { ApiError, all, call, get, post } from "./client";
import * as paths from "./paths";
import {
  type DraftInfo,
  type Execution,
  type ExecutionBrief,
  FINAL,
  type Me,
  type Member,
  type NodeRuns,
  type Page,
  type Resolution,
  type SecurityEvent,
  type Signal,
  type Validation,
} from "./types";

const MINUTE = 60_000;
/** How often an open execution is read again, beside its events: those may be cut by a proxy. */
const POLL = 2_000;

export const me = queryOptions({
  queryKey: ["me"],
  queryFn: () => get<Me>("/me"),
  staleTime: 5 * MINUTE,
  retry: false,
});

/** Whether the person who is signed in may do this, as `workflows:write`; until that is known, no. */
export function useMay(right: string): boolean {
  const { data } = useQuery(me);
  return data?.may.includes(right) ?? false;
}

/** The names of the people of the tenant, by id: for those who may read them. */
export const memberNames = queryOptions({
  queryKey: ["member-names"],
  queryFn: async (): Promise<Map<string, string>> => {
    const members = await all<Member>("/members");
    return new Map(members.map(({ id, name }) => [id, name]));
  },
  staleTime: 5 * MINUTE,
});

export const securityEvents = (kind: string) =>
  infiniteQueryOptions({
    queryKey: ["security-events", kind],
    queryFn: ({ pageParam }) => {
      const search = new URLSearchParams({ limit: "50" });
      if (kind) search.set("kind", kind);
      if (pageParam) search.set("cursor", pageParam);
      return get<Page<SecurityEvent>>(`/security-events?${search}`);
    },
    initialPageParam: "",
    getNextPageParam: (last) => last.nextCursor ?? null,
    refetchInterval: 5_000,
  });

export const catalogue = queryOptions({
  queryKey: ["node-types"],
  queryFn: async (): Promise<Catalogue> => {
    const types = await all<NodeType>("/node-types");
    return new Map(types.map((type) => [type.type, type]));
  },
  staleTime: Number.POSITIVE_INFINITY,
});

export const workflows = (project: string) =>
  infiniteQueryOptions({
    queryKey: ["workflows", project],
    queryFn: ({ pageParam }) =>
      get<Page<WorkflowDocument>>(
        `${paths.workflows(project)}?limit=100${pageParam ? `&cursor=${encodeURIComponent(pageParam)}` : ""}`,
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.nextCursor ?? null,
  });

export interface Loaded {
  document: WorkflowDocument;
  etag: string | null;
}

/** The first workflows that the words are in, for a search. */
export const findWorkflows = (project: string, words: string, limit: number) =>
  queryOptions({
    queryKey: ["workflows", project, "find", words, limit],
    queryFn: () => {
      const search = new URLSearchParams({ limit: `${limit}`, search: words });
      return get<Page<WorkflowDocument>>(`${paths.workflows(project)}?${search}`);
    },
    placeholderData: (before) => before,
  });

/** The newest executions, for a search. */
export const recentExecutions = (project: string) =>
  queryOptions({
    queryKey: ["executions", project, "recent"],
    queryFn: () => get<Page<ExecutionBrief>>(`${paths.executions(project)}?limit=30`),
  });

/** A draft that was not published yet; its tag is its own, beside the workflow's. */
export interface FoundDraft extends Loaded {
  info: DraftInfo;
}

export interface Opened extends Loaded {
  draft: FoundDraft | null;
}

async function findDraft(
  project: string,
  name: string,
  info: DraftInfo | null | undefined,
): Promise<FoundDraft | null> {
  if (!info) return null;
  try {
    const { value, etag } = await call<WorkflowDocument>("GET", paths.draft(project, name));
    return { document: value, etag, info };
  } catch (error) {
    // Somebody published it between the two reads.
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

/** A workflow with what was drawn of it and not published. Nothing of it is remembered: it is read to be edited. */
export const opened = (project: string, name: string) =>
  queryOptions({
    queryKey: ["opened", project, name],
    queryFn: async (): Promise<Opened> => {
      const { value, etag } = await call<WorkflowDocument>("GET", paths.workflow(project, name));
      return { document: value, etag, draft: await findDraft(project, name, value.status?.draft) };
    },
    gcTime: 0,
    staleTime: 0,
    refetchOnWindowFocus: false,
  });

/** The revision that a tag stands for, empty for none. */
const revisionIn = (etag: string | null | undefined): string => etag?.replace(/\D/g, "") ?? "";

const draftQuery = (etag: string | null | undefined): string => {
  const revision = revisionIn(etag);
  return revision && `?draft=${revision}`;
};

interface DraftToKeep {
  document: WorkflowDocument;
  /** The tag of the draft that it replaces, null if there is none. */
  etag: string | null;
  /** The tag of the workflow that it was drawn on. */
  base: string | null;
}

/** Keep a draft, and return its tag. */
export async function putDraft(project: string, name: string, kept: DraftToKeep) {
  const base = revisionIn(kept.base) || "0";
  const { etag } = await call("PUT", `${paths.draft(project, name)}?base=${base}`, {
    body: kept.document,
    headers: kept.etag ? { "If-Match": kept.etag } : { "If-None-Match": "*" },
  });
  return etag;
}

export const dropDraft = async (project: string, name: string, etag: string): Promise<void> => {
  await call("DELETE", paths.draft(project, name), { headers: { "If-Match": etag } });
};

/** Whether there still is a workflow of this name: its executions outlive it. */
export const hasWorkflow = (project: string, name: string) =>
  queryOptions({
    queryKey: ["workflows", project, "has", name],
    queryFn: async (): Promise<boolean> => {
      try {
        await call("GET", paths.workflow(project, name));
        return true;
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return false;
        throw error;
      }
    },
  });

export interface ExecutionFilter {
  workflow: string;
  status: string;
}

export const executions = (project: string, filter: ExecutionFilter) =>
  infiniteQueryOptions({
    queryKey: ["executions", project, filter],
    queryFn: ({ pageParam }) => {
      const search = new URLSearchParams({ limit: "50" });
      if (filter.workflow) search.set("workflow", filter.workflow);
      if (filter.status) search.set("status", filter.status);
      if (pageParam) search.set("cursor", pageParam);
      return get<Page<ExecutionBrief>>(`${paths.executions(project)}?${search}`);
    },
    initialPageParam: "",
    getNextPageParam: (last) => last.nextCursor ?? null,
    refetchInterval: 5_000,
  });

export const execution = (project: string, id: string) =>
  queryOptions({
    queryKey: ["execution", project, id],
    queryFn: () => get<Execution>(paths.execution(project, id)),
    refetchInterval: ({ state }) => (state.data && FINAL.has(state.data.status) ? false : POLL),
  });

export const nodeRuns = (project: string, id: string, node: string) =>
  queryOptions({
    queryKey: ["execution", project, id, "node", node],
    queryFn: () => get<NodeRuns>(paths.nodeRuns(project, id, node)),
  });

export const validate = (document: WorkflowDocument): Promise<Validation> =>
  post<Validation>("/validate", { document });

/** A template with the items that it is tried on: those of the node, and those of others by name. */
interface Trial {
  expression: string;
  items: readonly JsonObject[];
  index: number;
  nodes: Record<string, readonly JsonObject[]>;
  vars: Record<string, unknown>;
  workflow: JsonObject;
  timeZone: string;
}

export const evaluate = (trial: Trial): Promise<{ value: Json }> =>
  post("/expressions:evaluate", trial);

export const signIn = (token: string): Promise<void> => post("/session", { token });

export const signOut = async (): Promise<void> => {
  await call("DELETE", "/session");
};

interface Save {
  document: WorkflowDocument;
  etag: string | null;
  /** The tag of the draft that this is drawn from: it is done then. A newer one of somebody else's stays. */
  draft?: string | null;
}

/** Publish a workflow: with its ETag only over that revision, with null only if there is none yet. */
export function useSaveWorkflow(project: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ document, etag, draft }: Save): Promise<Loaded> => {
      const path = paths.workflow(project, document.metadata.name);
      const answer = etag
        ? await call<WorkflowDocument>("POST", `${path}:publish${draftQuery(draft)}`, {
            body: document,
            headers: { "If-Match": etag },
          })
        : await call<WorkflowDocument>("PUT", path, {
            body: document,
            headers: { "If-None-Match": "*" },
          });
      return { document: answer.value, etag: answer.etag };
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ["workflows", project] }),
  });
}

/** Change some fields of a workflow's spec without opening it: its title, or whether it is suspended. */
export function usePatchSpec(project: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (change: { name: string; spec: Partial<WorkflowDocument["spec"]> }) => {
      const path = paths.workflow(project, change.name);
      const { value, etag } = await call<WorkflowDocument>("GET", path);
      const document = { ...value, spec: { ...value.spec, ...change.spec } };
      const answer = await call<WorkflowDocument>("PUT", path, {
        body: document,
        headers: etag ? { "If-Match": etag } : {},
      });
      return { document: answer.value, etag: answer.etag };
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ["workflows", project] }),
  });
}

export function useDeleteWorkflow(project: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (name: string) => {
      const path = paths.workflow(project, name);
      const { etag } = await call<WorkflowDocument>("GET", path);
      return call("DELETE", path, { headers: etag ? { "If-Match": etag } : {} });
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ["workflows", project] }),
  });
}

interface Start {
  workflow: string;
  input: JsonObject[];
  start?: string;
}

export function useStart(project: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ workflow: name, ...body }: Start) =>
      post<{ id: string }>(`${paths.workflow(project, name)}/executions`, body),
    onSuccess: () => client.invalidateQueries({ queryKey: ["executions", project] }),
  });
}

/** What can be done to an execution, each with its body. */
type ExecutionAction = { id: string } & (
  | { action: "cancel" | "replay" }
  | { action: "signal"; body: Signal }
  | { action: "resolve"; body: Resolution }
);

export function useExecutionAction(project: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, action, ...rest }: ExecutionAction) =>
      post<{ id?: string } | undefined>(
        `${paths.execution(project, id)}:${action}`,
        "body" in rest ? rest.body : {},
      ),
    onSuccess: (_, { id }) => {
      void client.invalidateQueries({ queryKey: ["execution", project, id] });
      void client.invalidateQueries({ queryKey: ["executions", project] });
    },
  });
}
