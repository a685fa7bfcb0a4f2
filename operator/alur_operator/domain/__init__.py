"""What the operator decides, without a cluster, a server or a clock."""
