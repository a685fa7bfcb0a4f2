"""What speaks to the outside: the cluster, Alur, files."""
