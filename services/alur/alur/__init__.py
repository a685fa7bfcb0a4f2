"""The command line of Alur; `alur dev` composes every service in one process."""
