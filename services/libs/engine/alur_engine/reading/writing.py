"""Writing documents as YAML that reads back as what it was."""

from __future__ import annotations

from alur_engine.reading.yaml_text import plain_value

_TRUTH_ELSEWHERE = frozenset({"y", "Y", "n", "N"})
"""What readers of YAML 1.1 such as kubectl and Helm take for true and false, the library of ours not."""


def write_yaml(value: object) -> str:
    """Return a JSON value as YAML.

    Text that the core schema would read as something else is quoted: the library goes by YAML 1.1, to which `1e3` is text.
    """
    import yaml  # noqa: PLC0415  # only who prints YAML pays

    class Dumper(yaml.SafeDumper):
        """Quotes by our own rules, and writes no anchors."""

        def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002  # the library's signature
            return True

    def represent(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=_style(text))

    Dumper.add_representer(str, represent)
    written: str = yaml.dump(value, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100)
    return written


def _style(text: str) -> str | None:
    if not text.replace("\n", "").isprintable():
        return '"'
    if "\n" in text:
        return "|"
    return None if isinstance(plain_value(text), str) and text not in _TRUTH_ELSEWHERE else "'"
