"""The operator: Workflow and WorkflowRun custom resources of Kubernetes."""
