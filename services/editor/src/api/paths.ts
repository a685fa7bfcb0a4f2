/** Addresses of the gateway's resources, each part encoded. */

const part = encodeURIComponent;

const project = (name: string): string => `/projects/${part(name)}`;
export const workflows = (name: string): string => `${project(name)}/workflows`;
export const workflow = (inProject: string, name: string): string =>
  `${workflows(inProject)}/${part(name)}`;
export const draft = (inProject: string, name: string): string =>
  `${workflow(inProject, name)}/draft`;
export const executions = (name: string): string => `${project(name)}/executions`;
export const execution = (inProject: string, id: string): string =>
  `${executions(inProject)}/${part(id)}`;
export const nodeRuns = (inProject: string, id: string, node: string): string =>
  `${execution(inProject, id)}/nodes/${part(node)}`;
/** Where a browser fetches a file: the whole address, for links. */
export const file = (inProject: string, id: string, blob: string): string =>
  `/api/v1${execution(inProject, id)}/files/${part(blob)}`;
export const variables = (inProject: string): string => `${project(inProject)}/variables`;
export const variable = (inProject: string, name: string): string =>
  `${variables(inProject)}/${part(name)}`;
export const credentials = (inProject: string): string => `${project(inProject)}/credentials`;
export const credential = (inProject: string, name: string): string =>
  `${credentials(inProject)}/${part(name)}`;
